"""Who gets in: one SPIFFE identity under our authority, and nobody else. What each database role can reach."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import grpc
import pytest
from tests.integration.identities import NOW, issue
from tests.integration.processor.append_stream import AppendStream, columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import running_processor

from logmesh.cli.local.certificates import WorkloadFiles, ensure_certificates, spiffe_id
from logmesh.runtime.settings import TlsFiles
from logmesh.v1 import ingest_service_pb2 as pb
from logmesh.v1.pipeline_service_pb2 import ListProcessorsRequest
from logmesh.v1.pipeline_service_pb2_grpc import PipelineServiceStub


@dataclass(frozen=True, slots=True)
class Refused:
    """How a client without a right to come in is told."""

    code: grpc.StatusCode
    reason: str = ""


async def test_only_one_spiffe_identity_under_our_authority_gets_in(
    store: ServerStore, tmp_path: Path, certificates: dict[str, WorkloadFiles]
) -> None:
    server, client = certificates["log-processor"], certificates["log-producer"]
    ca = server.ca
    strangers = ensure_certificates(tmp_path / "strangers")["log-producer"]
    producer = spiffe_id("log-producer")
    async with running_processor(store, tmp_path, server=server, client=client) as processor:
        good = processor.stream()
        await good.hello()
        await good.send_columns(1, columns_of([b"from the right client"]))
        await good.until_committed(1)
        (row,) = await processor.query("SELECT principal FROM logmesh.spools")
        assert row["principal"] == producer

        unavailable, unauthenticated = grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAUTHENTICATED
        clients: dict[str, tuple[TlsFiles, Refused]] = {
            "expired": (issue(tmp_path, ca, [producer], ends=NOW - timedelta(hours=1)), Refused(unavailable)),
            "wrong authority": (TlsFiles(strangers.cert, strangers.key, ca), Refused(unavailable)),
            "no identity": (issue(tmp_path, ca, []), Refused(unauthenticated, "0 SPIFFE identities")),
            "another kind of URI": (
                issue(tmp_path, ca, ["https://log-producer"]),
                Refused(unauthenticated, "0 SPIFFE identities"),
            ),
            "two identities": (
                issue(tmp_path, ca, [producer, spiffe_id("gateway")]),
                Refused(unauthenticated, "2 SPIFFE identities"),
            ),
            "an unsound identity": (
                issue(tmp_path, ca, [f"{producer}/../gateway"]),
                Refused(unauthenticated, "no sound SPIFFE identity"),
            ),
        }
        for name, (files, refused) in clients.items():
            error = await _refusal(processor.stream(channel=processor.channel(files)))
            assert (name, error.code()) == (name, refused.code)
            assert refused.reason in str(error.details()), name

        async with grpc.aio.insecure_channel(processor.target) as plaintext:
            assert (await _refusal(processor.stream(channel=plaintext))).code() is unavailable

        # A spool belongs to the identity that opened it first.
        gateway = certificates["gateway"]
        thief = processor.stream(good.spool_id, processor.channel(TlsFiles(gateway.cert, gateway.key, gateway.ca)))
        with pytest.raises(grpc.aio.AioRpcError) as forbidden:
            await thief.hello()
        assert forbidden.value.code() is grpc.StatusCode.PERMISSION_DENIED
        await good.send_columns(2, columns_of([b"still mine"]))
        await good.until_committed(2)
        assert await processor.bodies() == ["from the right client", "still mine"]


async def _refusal(stream: AppendStream) -> grpc.aio.AioRpcError:
    """The error that Hello is answered with."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stream.hello()
    return refused.value


async def test_a_tenant_is_given_by_the_identity_and_read_by_it_alone(
    store: ServerStore, tmp_path: Path, certificates: dict[str, WorkloadFiles]
) -> None:
    server, client = certificates["log-processor"], certificates["log-producer"]
    tenants = {spiffe_id("gateway"): "acme"}
    async with running_processor(store, tmp_path, server=server, client=client, tenants=tenants) as processor:
        gateway = certificates["gateway"]
        streams = {
            "default": processor.stream(),
            "acme": processor.stream(channel=processor.channel(TlsFiles(gateway.cert, gateway.key, gateway.ca))),
        }
        for tenant, stream in streams.items():
            await stream.hello()
            columns = columns_of([f"of {tenant}".encode(), b"bad"], attributes=[b"", b"{oops"])
            await stream.send_columns(1, columns)
            await stream.until_committed(1)

    reader = await asyncpg.connect(store.reader_dsn)
    writer = await asyncpg.connect(store.writer_dsn)
    try:
        for tenant in streams:
            async with reader.transaction():
                await reader.execute("SELECT set_config('app.tenant', $1, true)", tenant)
                assert [row["body"] for row in await reader.fetch("SELECT body FROM logmesh.records")] == [
                    f"of {tenant}"
                ]
                assert await reader.fetchval("SELECT stored FROM logmesh.ledger") == 1
                assert await reader.fetchval("SELECT count(*) FROM logmesh.refused") == 1
        assert await reader.fetch("SELECT FROM logmesh.records") == []  # no tenant, no rows

        partition = await reader.fetchval(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'logmesh.logs'::regclass LIMIT 1"
        )
        for sql in (
            "SELECT FROM logmesh.logs",
            f"SELECT FROM {partition}",
            "SELECT FROM logmesh.spools",
            "SELECT FROM logmesh.dead_letters",
            "SELECT FROM logmesh.origins",
            "DELETE FROM logmesh.records",
            "UPDATE logmesh.ledger SET stored = 0",
            "INSERT INTO logmesh.dead_letters (tenant, spool, position, reason, entry) VALUES ('x', 1, 1, 'x', '')",
            "INSERT INTO logmesh.logs (time, position, spool, origin, ns, severity, tenant, service, body)"
            " VALUES (now(), 1, 1, 1, 0, 0, 'x', 'x', 'x')",
            "SELECT logmesh.maintain('1 day')",
            "CREATE TABLE logmesh.mine (x int)",
        ):
            with pytest.raises(asyncpg.PostgresError, match=r"permission denied|cannot (delete|update)"):
                await reader.execute(sql)
        for sql in (
            "SELECT FROM logmesh.logs",
            f"SELECT FROM {partition}",
            "SELECT FROM logmesh.records",
            "SELECT FROM logmesh.dead_letters",
            "DELETE FROM logmesh.logs",
            "UPDATE logmesh.logs SET body = ''",
            "TRUNCATE logmesh.logs",
            "DELETE FROM logmesh.spools",
            "DROP TABLE logmesh.logs",
        ):
            with pytest.raises(asyncpg.PostgresError, match=r"permission denied|must be owner"):
                await writer.execute(sql)
    finally:
        await reader.close()
        await writer.close()


async def test_only_named_callers_ask_for_its_state_and_every_producer_appends(
    store: ServerStore, tmp_path: Path, certificates: dict[str, WorkloadFiles]
) -> None:
    server, client = certificates["log-processor"], certificates["log-producer"]
    callers = [spiffe_id("gateway")]
    async with running_processor(store, tmp_path, server=server, client=client, callers=callers) as processor:

        async def ask(files: TlsFiles) -> grpc.StatusCode:
            try:
                await PipelineServiceStub(processor.channel(files)).ListProcessors(ListProcessorsRequest(), timeout=10)
            except grpc.aio.AioRpcError as error:
                return error.code()
            return grpc.StatusCode.OK

        def files_of(workload: str) -> TlsFiles:
            files = certificates[workload]
            return TlsFiles(files.cert, files.key, files.ca)

        assert await ask(files_of("gateway")) is grpc.StatusCode.OK
        assert await ask(files_of("log-producer")) is grpc.StatusCode.PERMISSION_DENIED
        assert await ask(files_of("edge")) is grpc.StatusCode.PERMISSION_DENIED
        two = issue(tmp_path, server.ca, [spiffe_id("gateway"), spiffe_id("edge")])
        assert await ask(two) is grpc.StatusCode.UNAUTHENTICATED
        await processor.stream().hello()


async def test_write_needs_an_identity_too(
    store: ServerStore, tmp_path: Path, certificates: dict[str, WorkloadFiles]
) -> None:
    server, client = certificates["log-processor"], certificates["log-producer"]
    async with running_processor(store, tmp_path, server=server, client=client) as processor:
        nobody = processor.channel(issue(tmp_path, server.ca, []))
        write: Any = nobody.unary_unary(
            "/logmesh.v1.IngestService/Write",
            request_serializer=None,
            response_deserializer=pb.WriteResponse.FromString,
        )
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await write(pb.WriteRequest().SerializeToString(), timeout=10)
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
