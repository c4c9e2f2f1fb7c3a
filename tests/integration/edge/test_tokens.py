"""Tokens at the edge and behind it: neither alone lets anyone in, and a token's tenant is all that it shows."""

import asyncio
import contextlib
import http.server
import json
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub
from tests.conftest import Database
from tests.integration.edge.conftest import MakeOptions
from tests.integration.edge.http import get
from tests.integration.edge.running import code_of, running_edge, running_gateway, tls_files
from tests.unit.runtime.issuer import AUDIENCE, ISSUER, Issuer

from logmesh.cli.local.certificates import WorkloadFiles
from logmesh.edge.options import EdgeOptions, Jwt
from logmesh.runtime import access_keys as keys
from logmesh.runtime.channel import open_channel
from logmesh.runtime.sender_tokens import is_secret
from logmesh.v1.pipeline_service_pb2 import ListLedgerRequest
from logmesh.v1.pipeline_service_pb2_grpc import PipelineServiceStub
from logmesh.v1.query_service_pb2 import SearchRequest
from logmesh.v1.query_service_pb2_grpc import QueryServiceStub

UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED


@dataclass(frozen=True, slots=True)
class Guarded:
    """An edge and its gateway, which both ask for tokens of `issuer`."""

    edge: EdgeOptions
    gateway: str
    issuer: Issuer


@pytest.fixture
async def guarded(
    database: Database, certificates: dict[str, WorkloadFiles], options: MakeOptions, tmp_path: Path
) -> AsyncIterator[Guarded]:
    """With two tenants' producers in the ledger."""
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(
        "INSERT INTO logmesh.spools (tenant, spool_id, producer, principal, committed, stored, dead_letters)"
        " SELECT tenant, gen_random_uuid(), 'of ' || tenant, 'p', '{[1,5)}', 1, 0"
        " FROM unnest(ARRAY['default', 'acme', 'globex']) AS tenant"
    )
    await owner.close()
    issuer = Issuer()
    jwks = str(issuer.write_keys(tmp_path / "jwks.json"))
    async with running_gateway(
        database.reader_dsn, certificates, jwt_issuer=ISSUER, jwt_audience=AUDIENCE, jwt_jwks=jwks
    ) as gateway:
        chosen = options(gateway, jwt=Jwt(ISSUER, AUDIENCE, jwks))
        with running_edge(tmp_path / "edge", chosen):
            yield Guarded(chosen, gateway, issuer)


async def test_a_token_shows_its_tenant_and_no_other(guarded: Guarded) -> None:
    for listener in (guarded.edge.api, guarded.edge.dashboard):
        for tenant in ("acme", "globex"):
            token = guarded.issuer.token(tenant=tenant, algorithm="ES256")
            answer = await get(
                listener, "/v1/pipeline/ledger", authorization=f"Bearer {token}", x__logmesh__tenant="default"
            )
            assert answer.status == 200, answer
            assert [entry["producer"] for entry in json.loads(answer.body)["entries"]] == [f"of {tenant}"]


async def test_a_loss_is_acknowledged_as_json_by_an_administrator_alone(guarded: Guarded) -> None:
    async def post(**claims: Any) -> tuple[int, str]:
        headers = {"authorization": f"Bearer {guarded.issuer.token(**claims)}"} if claims else {}
        fact = {"kind": "lost", "spool_id": "1" * 32, "numbers": [{"first": 1, "last": 2}]}
        answer = await get(
            guarded.edge.api, "/v1/pipeline/acknowledgements", method="POST", content__type="application/json",
            body=json.dumps({"facts": [fact], "reason": "seen"}), **headers,
        )  # fmt: skip
        return answer.status, answer.body

    assert (await post())[0] == 401
    status, text = await post(tenant="acme", roles=["reader"])
    assert (status, "admin" in text) == (403, True)
    assert (await post(tenant="acme", roles=["admin"]))[0] == 200


async def test_senders_tokens_are_managed_as_json_by_an_administrator_and_by_no_other_sites_page(
    guarded: Guarded,
) -> None:
    admin = f"Bearer {guarded.issuer.token(tenant='acme', roles=['admin'])}"

    async def ask(path: str, method: str = "POST", body: str = "", **headers: str) -> tuple[int, str]:
        answer = await get(
            guarded.edge.api, path, method=method, body=body, content__type="application/json", authorization=admin,
            **headers,
        )  # fmt: skip
        return answer.status, answer.body

    asked = json.dumps({"name": "checkout", "lifetime": "3600s"})
    for headers in ({"Origin": "http://evil.test"}, {"Sec__Fetch__Site": "cross-site"}):
        assert (await ask("/v1/tokens", body=asked, **headers))[0] == 403
    status, text = await ask("/v1/tokens", body=asked)
    made = json.loads(text)
    assert (status, made["token"]["tenant"], made["token"]["scope"]) == (200, "acme", "TOKEN_SCOPE_INGEST")
    assert is_secret(made["secret"])
    assert (await ask("/v1/tokens", body=asked))[0] == 409
    status, text = await ask("/v1/tokens", method="GET")
    assert (status, json.loads(text)["tokens"]) == (200, [made["token"]])
    status, text = await ask("/v1/tokens/revocations", body=json.dumps({"id": made["token"]["id"]}))
    assert (status, json.loads(text)["token"]["revoked_by"]) == (200, "someone")


async def test_without_a_good_token_nothing_of_the_api_answers(guarded: Guarded) -> None:
    bad = [
        guarded.issuer.token(tenant="acme", exp=1),
        guarded.issuer.token(tenant="acme", aud="other"),
        guarded.issuer.token(tenant="acme", iss="https://else.test"),
        guarded.issuer.token(tenant="acme", exp=None),
        guarded.issuer.token(tenant="acme", algorithm="none"),
        guarded.issuer.token(tenant="acme", algorithm="HS256"),
        Issuer().token(tenant="acme"),
        "nonsense",
    ]
    for listener in (guarded.edge.api, guarded.edge.dashboard):
        for path in ("/v1/logs", "/v1/pipeline/ledger", "//v1/logs", "/%76%31/logs", "/v1/logs?access_token=x"):
            assert ((await get(listener, path)).status, path) == (401, path)
        for token in bad:
            assert (await get(listener, "/v1/pipeline/ledger", authorization=f"Bearer {token}")).status in (401, 403)
        async with grpc.aio.insecure_channel(str(listener)) as channel:
            assert (await code_of(QueryServiceStub(channel).Search(SearchRequest(), timeout=20)))[0] is UNAUTHENTICATED


async def test_the_gateway_asks_too_and_a_token_without_a_tenant_shows_nothing(
    guarded: Guarded, certificates: dict[str, WorkloadFiles]
) -> None:
    async with open_channel(guarded.gateway, tls_files(certificates["edge"]), server_name="gateway") as channel:

        async def ask(*tokens: str) -> tuple[grpc.StatusCode, str]:
            metadata = [("authorization", f"Bearer {token}") for token in tokens]
            return await code_of(
                PipelineServiceStub(channel).ListLedger(ListLedgerRequest(), metadata=metadata, timeout=20)
            )

        good = guarded.issuer.token(tenant="acme")
        assert await ask(good) == (grpc.StatusCode.OK, "")
        for tokens, reason in (
            ((), "token is needed"),
            ((good, guarded.issuer.token(tenant="globex")), "exactly one token"),
            ((guarded.issuer.token(tenant="acme", algorithm="none"),), "algorithm"),
            ((guarded.issuer.token(tenant="acme", algorithm="HS256"),), "algorithm"),
            ((guarded.issuer.token(tenant="acme", exp=1),), "expired"),
            ((guarded.issuer.token(),), "names no tenant"),
        ):
            code, details = await ask(*tokens)
            assert code is UNAUTHENTICATED
            assert reason in details
    answer = await get(guarded.edge.api, "/v1/logs", authorization=f"Bearer {guarded.issuer.token()}")
    assert (answer.status, "names no tenant" in answer.body) == (401, True)


async def test_keys_come_from_the_issuers_address_and_are_asked_for_anew(
    database: Database,
    certificates: dict[str, WorkloadFiles],
    options: MakeOptions,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates["edge"].ca))  # whose certificates Python believes
    monkeypatch.setattr(keys, "RETRY_SECONDS", 0.2)
    first, second = Issuer(), Issuer()
    jwks = first.write_keys(tmp_path / "jwks.json")
    with published(jwks, certificates["edge"]) as address:
        settings = {"jwt_issuer": ISSUER, "jwt_audience": AUDIENCE, "jwt_jwks": address}
        async with running_gateway(database.reader_dsn, certificates, **settings) as gateway:
            chosen = options(gateway, jwt=Jwt(ISSUER, AUDIENCE, address, certificates["edge"].ca))
            with running_edge(tmp_path / "edge", chosen):
                good = f"Bearer {first.token(tenant='acme')}"
                async with asyncio.timeout(20):
                    while (await get(chosen.api, "/v1/pipeline/ledger", authorization=good)).status != 200:
                        await asyncio.sleep(0.1)
            # The gateway finds a new key when a token names it.
            second.write_keys(jwks, suffix="-2")
            async with open_channel(gateway, tls_files(certificates["edge"]), server_name="gateway") as channel:
                token = second.token(tenant="acme", kid="rsa-2")
                metadata = [("authorization", f"Bearer {token}")]
                async with asyncio.timeout(20):
                    while True:
                        asked = PipelineServiceStub(channel).ListLedger(ListLedgerRequest(), metadata=metadata)
                        if (await code_of(asked))[0] is grpc.StatusCode.OK:
                            break
                        await asyncio.sleep(0.1)


@contextlib.contextmanager
def published(path: Path, files: WorkloadFiles) -> Iterator[str]:
    """The https:// address at which a file is served."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = path.read_bytes()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.cert, files.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_address[1]}/jwks.json"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_health_and_files_need_no_token(guarded: Guarded) -> None:
    async with grpc.aio.insecure_channel(str(guarded.edge.api)) as channel:
        answer = await HealthStub(channel).Check(HealthCheckRequest(), timeout=20)
        assert answer.status == HealthCheckResponse.SERVING
    assert (await get(guarded.edge.dashboard, "/")).body.startswith("No dashboard")
