"""Tokens at a receiver's door, with a real gateway: each brings its tenant's records, from when it is made until it is revoked."""

import contextlib
import json
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from grpc_status import rpc_status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub
from structlog.testing import capture_logs
from tests.conftest import Database
from tests.integration.edge.running import running_gateway as running_secured_gateway
from tests.integration.edge.running import tls_files
from tests.integration.gateway.commands import command
from tests.integration.gateway.running import running_gateway
from tests.integration.processor.running import RunningProcessor
from tests.integration.receivers.running import RunningReceiver, running_receiver
from tests.integration.receivers.test_otlp_grpc import request_of
from tests.unit.runtime.issuer import AUDIENCE, ISSUER, Issuer
from tests.waiting import until

from logmesh import AsyncClient
from logmesh.cli.local.certificates import WorkloadFiles, spiffe_id
from logmesh.cli.local.ports import free_port
from logmesh.producer.receivers.tokens import FILE
from logmesh.runtime.sender_tokens import new_secret

OK, UNAUTHENTICATED = grpc.StatusCode.OK, grpc.StatusCode.UNAUTHENTICATED
AGAIN = grpc.StatusCode.RESOURCE_EXHAUSTED


async def send(receiver: RunningReceiver, secret: str, first: int = 0) -> grpc.StatusCode:
    """Three records with this token, none where it is empty; how that ended."""
    metadata = [("authorization", f"Bearer {secret}")] if secret else []
    async with grpc.aio.insecure_channel(receiver.otlp) as channel:
        stub: Any = LogsServiceStub(channel)  # type: ignore[no-untyped-call]
        try:
            await stub.Export(request_of(first, 3), metadata=metadata)
        except grpc.aio.AioRpcError as error:
            if error.code() is AGAIN:
                (detail,) = rpc_status.from_call(error).details  # type: ignore[arg-type]
                assert detail.Is(RetryInfo.DESCRIPTOR)
            return error.code()
        return OK


async def bodies_of(processor: RunningProcessor, tenant: str) -> list[str]:
    """What the tenant sees."""
    reader = await asyncpg.connect(processor.database.reader_dsn)
    try:
        await reader.execute("SELECT set_config('app.tenant', $1, false)", tenant)
        return [row["body"] for row in await reader.fetch("SELECT body FROM logmesh.records ORDER BY body::int")]
    finally:
        await reader.close()


@contextlib.asynccontextmanager
async def gateway_of(processor: RunningProcessor, port: int) -> AsyncIterator[str]:
    async with running_gateway(processor.database.reader_dsn, receivers="anonymous", port=port) as address:
        yield address


async def test_a_token_stores_for_its_tenant_alone_from_when_it_is_made_until_it_is_revoked(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    async with (
        gateway_of(processor, free_port()) as gateway,
        running_receiver(processor.target, tmp_path, gateway=gateway) as receiver,
    ):
        made = {}
        for tenant in ("acme", "globex"):
            code, out, _ = await command(
                "token", "create", "shop", "--tenant", tenant, "-o", "json", "--gateway", gateway
            )
            assert code == 0
            made[tenant] = json.loads(out)
        assert await send(receiver, made["acme"]["secret"], 0) is OK
        assert await send(receiver, made["globex"]["secret"], 100) is OK
        assert await send(receiver, "") is UNAUTHENTICATED
        assert await send(receiver, made["acme"]["secret"][:-1]) is UNAUTHENTICATED
        assert await send(receiver, new_secret(made["acme"]["id"])) is UNAUTHENTICATED
        await receiver.all_committed()

        async def is_told() -> bool:
            _, out, _ = await command("token", "list", "--tenant", "acme", "-o", "json", "--gateway", gateway)
            return json.loads(out)[0]["last_use_time"] is not None

        await until(is_told, seconds=20)
        assert await bodies_of(processor, "acme") == ["0", "1", "2"]
        assert await bodies_of(processor, "globex") == ["100", "101", "102"]
        assert await bodies_of(processor, "default") == []

        code, _, _ = await command("token", "revoke", "shop", "--tenant", "acme", "--gateway", gateway)
        assert code == 0

        async def is_refused() -> bool:
            return await send(receiver, made["acme"]["secret"]) is UNAUTHENTICATED

        await until(is_refused, seconds=20)
        assert await send(receiver, made["globex"]["secret"], 200) is OK
        kept = (receiver.settings.spool_dir / FILE).read_text()
        assert made["globex"]["secret"][-49:] not in kept
        assert made["globex"]["id"] in kept and made["acme"]["id"] not in kept


async def test_a_receiver_that_stops_says_what_it_was_shown_in_its_last_minute(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    async with gateway_of(processor, free_port()) as gateway, AsyncClient(gateway) as client:
        secret = (await client.create_token("shop", tenant="acme")).secret

        async def last_used() -> datetime | None:
            (token,) = await client.tokens(tenant="acme")
            return token.last_used

        async with running_receiver(processor.target, tmp_path, gateway=gateway) as receiver:
            assert await send(receiver, secret, 0) is OK
            first = await until(last_used)
            assert await send(receiver, secret, 10) is OK
        second = await last_used()
    assert first is not None and second is not None and second > first


async def test_a_receiver_goes_on_with_the_last_list_while_the_gateway_is_away(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    port = free_port()
    async with gateway_of(processor, port) as gateway, AsyncClient(gateway) as client:
        secret = (await client.create_token("shop", tenant="acme")).secret
        async with running_receiver(processor.target, tmp_path, gateway=gateway) as receiver:
            assert await send(receiver, secret, 0) is OK
    with capture_logs() as said:
        async with running_receiver(processor.target, tmp_path, gateway=gateway) as receiver:
            assert await send(receiver, secret, 10) is OK
            unknown = new_secret("0123456789abcdef")
            # Nobody can say whether it is good: it may have been made a moment ago.
            assert await send(receiver, unknown) is AGAIN
            assert await send(receiver, "") is UNAUTHENTICATED
            async with gateway_of(processor, port), AsyncClient(gateway) as client:
                newer = (await client.create_token("newer", tenant="acme")).secret

                async def is_taken() -> bool:
                    return await send(receiver, newer, 20) is OK

                await until(is_taken, seconds=30)
                assert await send(receiver, unknown) is UNAUTHENTICATED
            await receiver.all_committed()
    assert [line["event_name"] for line in said if line["event_name"] in ("tokens_away", "tokens_back")][:2] == [
        "tokens_away",
        "tokens_back",
    ]
    assert secret[-49:] not in repr(said) and unknown[-49:] not in repr(said)
    assert await bodies_of(processor, "acme") == ["0", "1", "2", "10", "11", "12", "20", "21", "22"]


@pytest.mark.parametrize("left", [None, "{"])
async def test_without_any_list_senders_with_a_token_are_to_come_again(tmp_path: Path, left: str | None) -> None:
    if left is not None:
        folder = tmp_path / "log-receiver-0"
        folder.mkdir()
        (folder / FILE).write_text(left)
    away = f"127.0.0.1:{free_port()}"
    async with running_receiver("ipv4:127.0.0.1:1", tmp_path, gateway=away) as receiver:
        assert await send(receiver, new_secret("0123456789abcdef")) is AGAIN
        assert await send(receiver, "") is UNAUTHENTICATED


async def test_a_port_that_is_taken_is_said_as_such(tmp_path: Path) -> None:
    away = f"127.0.0.1:{free_port()}"
    async with running_receiver("ipv4:127.0.0.1:1", tmp_path, gateway=away) as receiver:
        taken = receiver.settings.otlp_port
        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{taken}"):
            async with running_receiver("ipv4:127.0.0.1:1", tmp_path, "other", gateway=away, otlp_port=taken):
                pass


async def test_a_gateway_that_does_not_name_the_receiver_says_so_in_its_log(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    async with running_gateway(processor.database.reader_dsn) as gateway:
        with capture_logs() as said:
            async with running_receiver(processor.target, tmp_path, gateway=gateway) as receiver:
                assert await send(receiver, "") is UNAUTHENTICATED
    (away,) = [line for line in said if line["event_name"] == "tokens_away"]
    assert "LOGMESH_RECEIVERS of the gateway does not name it" in away["error"]


async def test_an_issuers_access_token_stores_for_its_tenant(processor: RunningProcessor, tmp_path: Path) -> None:
    issuer = Issuer()
    jwks = issuer.write_keys(tmp_path / "jwks.json")
    async with running_receiver(
        processor.target, tmp_path, jwt_issuer=ISSUER, jwt_audience=AUDIENCE, jwt_jwks=str(jwks)
    ) as receiver:
        assert await send(receiver, issuer.token(tenant="acme", roles="ingest admin")) is OK
        assert await send(receiver, issuer.token(tenant="acme", roles="admin"), 10) is grpc.StatusCode.PERMISSION_DENIED
        assert await send(receiver, Issuer().token(tenant="acme", roles="ingest"), 20) is UNAUTHENTICATED
        assert await send(receiver, "", 30) is UNAUTHENTICATED
        await receiver.all_committed()
    assert await bodies_of(processor, "acme") == ["0", "1", "2"]


async def test_in_mutual_tls_a_receiver_asks_the_gateway_with_its_own_certificate(
    database: Database, certificates: dict[str, WorkloadFiles], tmp_path: Path
) -> None:
    own = certificates["log-producer"]
    tls: dict[str, Any] = {"tls_cert": own.cert, "tls_key": own.key, "tls_ca": own.ca}
    callers = [spiffe_id("operator")]
    async with running_secured_gateway(
        database.reader_dsn, certificates, callers=callers, receivers=[spiffe_id("log-producer")]
    ) as gateway:
        async with AsyncClient(gateway, tls=tls_files(certificates["operator"]), server_name="gateway") as client:
            secret = (await client.create_token("shop", tenant="acme")).secret
        async with running_receiver("ipv4:127.0.0.1:1", tmp_path, gateway=gateway, drain_seconds=0, **tls) as receiver:
            assert await send(receiver, secret) is OK
            assert await send(receiver, new_secret("0123456789abcdef")) is UNAUTHENTICATED
