"""Who may ask a gateway: the identities that it names, over mutual TLS, and nobody else."""

import contextlib
from datetime import timedelta
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from tests.conftest import Database
from tests.integration.edge.running import code_of, running_gateway, tls_files
from tests.integration.identities import NOW, issue

from logmesh.cli.local.certificates import WorkloadFiles, ensure_certificates, spiffe_id
from logmesh.runtime.channel import open_channel
from logmesh.runtime.settings import TlsFiles
from logmesh.v1.pipeline_service_pb2 import ListLedgerRequest
from logmesh.v1.pipeline_service_pb2_grpc import PipelineServiceStub
from logmesh.v1.query_service_pb2 import SearchRequest
from logmesh.v1.query_service_pb2_grpc import QueryServiceStub

OK, UNAVAILABLE = grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE
UNAUTHENTICATED, DENIED = grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED


async def test_only_named_identities_ask_anything_of_a_gateway(
    database: Database, certificates: dict[str, WorkloadFiles], tmp_path: Path
) -> None:
    ca = certificates["gateway"].ca
    stranger = ensure_certificates(tmp_path / "strangers")["edge"]
    edge = spiffe_id("edge")
    clients = {
        "edge": (tls_files(certificates["edge"]), OK),
        "operator": (tls_files(certificates["operator"]), OK),
        "producer": (tls_files(certificates["log-producer"]), DENIED),
        "another namespace": (issue(tmp_path, ca, ["spiffe://logmesh.local/ns/other/sa/edge"]), DENIED),
        "another trust domain": (issue(tmp_path, ca, [edge.replace("logmesh.local", "else.where")]), DENIED),
        "a longer name": (issue(tmp_path, ca, [f"{edge}/more"]), DENIED),
        "no identity": (issue(tmp_path, ca, []), UNAUTHENTICATED),
        "another kind of URI": (issue(tmp_path, ca, ["https://edge"]), UNAUTHENTICATED),
        "two identities": (issue(tmp_path, ca, [edge, spiffe_id("operator")]), UNAUTHENTICATED),
        "expired": (issue(tmp_path, ca, [edge], ends=NOW - timedelta(hours=1)), UNAVAILABLE),
        "wrong authority": (TlsFiles(stranger.cert, stranger.key, ca), UNAVAILABLE),
    }
    callers = [edge, spiffe_id("operator")]
    async with running_gateway(database.reader_dsn, certificates, callers=callers) as address:
        for name, (files, code) in clients.items():
            async with open_channel(address, files, server_name="gateway") as channel:
                assert (name, await codes_of(channel, asks=code is OK)) == (name, [code] * 3)
        async with grpc.aio.insecure_channel(address) as plaintext:
            assert await codes_of(plaintext, asks=False) == [UNAVAILABLE] * 3


async def test_health_is_anyones_under_the_authority(
    database: Database, certificates: dict[str, WorkloadFiles]
) -> None:
    async with (
        running_gateway(database.reader_dsn, certificates, callers=[spiffe_id("edge")]) as address,
        open_channel(address, tls_files(certificates["log-producer"]), server_name="gateway") as channel,
    ):
        answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=10)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_a_gateway_that_names_callers_takes_no_plaintext_call(
    database: Database, certificates: dict[str, WorkloadFiles]
) -> None:
    """Were it set up without TLS by mistake, it must not take everyone for the caller."""
    async with (
        running_gateway(database.reader_dsn, certificates, callers=[spiffe_id("edge")], serve_tls=False) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        code, details = await code_of(QueryServiceStub(channel).Search(SearchRequest(), timeout=10))
        assert code is UNAUTHENTICATED
        assert "mutual TLS" in details


async def codes_of(channel: grpc.aio.Channel, *, asks: bool) -> list[grpc.StatusCode]:
    """How a stream of answers, a unary call, and a stream both ways (reflection) end. Without `asks` the last sends nothing: a message
    that is on its way when a call is refused may be told as INTERNAL by the client's gRPC."""
    plain = [
        QueryServiceStub(channel).Search(SearchRequest(), timeout=10),
        PipelineServiceStub(channel).ListLedger(ListLedgerRequest(), timeout=10),
    ]
    reflection = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(timeout=10)
    with contextlib.suppress(grpc.aio.AioRpcError):
        if asks:
            await reflection.write(reflection_pb2.ServerReflectionRequest(list_services=""))
            await reflection.done_writing()
        async for _ in reflection:
            pass
    return [*[(await code_of(call))[0] for call in plain], await reflection.code()]
