"""What the edge turns away, what it takes off, and what it never cuts; with a server behind it that tells what came."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from tests.integration.edge.conftest import MakeOptions
from tests.integration.edge.http import get
from tests.integration.edge.running import code_of, running_edge
from tests.integration.edge.upstream import Upstream, running_upstream

from logmesh.cli.local.certificates import WorkloadFiles
from logmesh.edge.options import EdgeOptions, RateLimit, ServerTls
from logmesh.v1.query_service_pb2 import SearchRequest
from logmesh.v1.query_service_pb2_grpc import QueryServiceStub


@pytest.fixture
async def upstream(certificates: dict[str, WorkloadFiles]) -> AsyncIterator[Upstream]:
    """What the edge takes for the gateway."""
    async with running_upstream(certificates["gateway"]) as running:
        yield running


@pytest.fixture
async def edge(upstream: Upstream, options: MakeOptions, tmp_path: Path) -> AsyncIterator[EdgeOptions]:
    """A running edge."""
    chosen = options(upstream.address)
    with running_edge(tmp_path / "edge", chosen):
        yield chosen


async def test_headers_that_claim_an_identity_do_not_pass(edge: EdgeOptions, upstream: Upstream) -> None:
    upstream.go_on.set()
    claimed = {
        "x__forwarded__client__cert": "URI=spiffe://logmesh.local/ns/log-system/sa/operator",
        "x__logmesh__tenant": "acme",
        "x__logmesh__principal": "operator",
        "x__remote__user": "root",
        "x__forwarded__for": "10.0.0.1",
        "x__envoy__retry__on": "5xx",
    }
    answer = await get(edge.api, "/v1/logs", traceparent="00-" + "1" * 32 + "-" + "2" * 16 + "-01", **claimed)
    assert answer.status == 200
    metadata = [
        ("logmesh-tenant", "acme"),
        ("x-logmesh-tenant", "acme"),
        ("x-forwarded-client-cert", "URI=spiffe://a/b"),
        ("kept", "yes"),
    ]
    async with grpc.aio.insecure_channel(str(edge.api)) as channel:
        assert (await code_of(QueryServiceStub(channel).Search(SearchRequest(), metadata=metadata, timeout=20)))[0] is (
            grpc.StatusCode.OK
        )
    by_json, by_grpc = upstream.seen
    for seen in (by_json, by_grpc):
        assert (
            not {"logmesh-tenant", "x-logmesh-tenant", "x-logmesh-principal", "x-remote-user", "x-envoy-retry-on"}
            & seen.keys()
        )
        assert "spiffe" not in seen.get("x-forwarded-client-cert", "")
        # Envoy adds who connected, for a loopback client the machine's own address, after what the client claims.
        assert seen["x-forwarded-for"].split(",")[-1] != "10.0.0.1"
    assert by_json["traceparent"].startswith("00-1111")
    assert by_grpc["kept"] == "yes"


@pytest.mark.parametrize("path", ["/v1%2Flogs", "/v1%5clogs", "/x/..%2fv1/logs"])
async def test_escaped_slashes_are_refused(edge: EdgeOptions, path: str) -> None:
    for address in (edge.api, edge.dashboard):
        assert (await get(address, path)).status == 400


@pytest.mark.parametrize("path", ["//v1//logs", "/x/../v1/./logs", "/%76%31/logs"])
async def test_a_path_has_one_form(edge: EdgeOptions, upstream: Upstream, path: str) -> None:
    upstream.go_on.set()
    assert (await get(edge.api, path)).status == 200
    assert len(upstream.seen) == 1


async def test_what_no_client_of_ours_sends_is_refused(edge: EdgeOptions, upstream: Upstream) -> None:
    assert (await get(edge.api, "/v1/logs", x_logmesh_tenant="acme")).status == 400
    assert (await get(edge.api, "/v1/logs", long="x" * 40_000)).status == 431
    assert (await get(edge.api, "/v1/logs", **{f"h{n}": "x" for n in range(120)})).status == 431
    assert (await get(edge.api, "/v1/logs", method="TRACE")).status >= 400
    assert not upstream.seen


@pytest.mark.parametrize("host", ["evil.test", "127.0.0.1.evil.test:8080", "localhost.evil.test"])
async def test_a_foreign_name_for_this_machine_gets_nothing(edge: EdgeOptions, upstream: Upstream, host: str) -> None:
    """A page that points its own name at 127.0.0.1 would otherwise be of one origin with the dashboard."""
    for address in (edge.api, edge.dashboard):
        answer = await get(address, "/v1/logs", Host=host)
        assert answer.status == 421
        assert "access-control-allow-origin" not in answer.headers
    assert not upstream.seen


async def test_other_origins_are_not_invited(edge: EdgeOptions, upstream: Upstream) -> None:
    upstream.go_on.set()
    asked = {"Origin": "https://evil.test", "Access__Control__Request__Method": "POST"}
    preflight = await get(edge.dashboard, "/logmesh.v1.QueryService/Search", method="OPTIONS", **asked)
    simple = await get(edge.dashboard, "/v1/logs", **asked)
    for answer in (preflight, simple):
        assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_answers_say_little_and_keep_a_browser_strict(edge: EdgeOptions, upstream: Upstream) -> None:
    upstream.go_on.set()
    for address in (edge.api, edge.dashboard):
        for path in ("/v1/logs", "/nothing"):
            headers = (await get(address, path)).headers
            assert headers["server"] == "logmesh"
            assert not [name for name in headers if name.startswith("x-envoy")]
            assert "default-src 'none'" in headers["content-security-policy"]
            assert "unsafe-eval" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"


async def test_each_message_of_a_stream_comes_at_once_and_leaving_ends_it_behind(
    edge: EdgeOptions, upstream: Upstream
) -> None:
    reader, writer = await asyncio.open_connection(edge.api.host, edge.api.port)
    writer.write(b"GET /v1/logs HTTP/1.1\r\nHost: localhost\r\n\r\n")
    async with asyncio.timeout(20):
        await reader.readuntil(b"\r\n\r\n")
        size = int(await reader.readline(), 16)
        assert json.loads(await reader.readexactly(size)) == {"progress": {}}
        assert not upstream.go_on.is_set()
        writer.close()
        await upstream.cancelled.wait()


async def test_a_stream_that_is_silent_longer_than_envoys_usual_timeout_is_not_cut(
    edge: EdgeOptions, upstream: Upstream
) -> None:
    """A route's timeout is 15 s unless it is told otherwise."""

    async def search(channel: grpc.aio.Channel) -> int:
        return len([answer async for answer in QueryServiceStub(channel).Search(SearchRequest())])

    async with grpc.aio.insecure_channel(str(edge.api)) as channel:
        by_grpc = asyncio.create_task(search(channel))
        by_json = asyncio.create_task(get(edge.api, "/v1/logs"))
        await asyncio.sleep(16)
        assert not by_grpc.done() and not by_json.done()
        upstream.go_on.set()
        async with asyncio.timeout(20):
            assert await by_grpc == 2
            assert len((await by_json).body.splitlines()) == 2


async def test_connections_above_the_limit_are_closed_and_the_others_go_on(
    upstream: Upstream, options: MakeOptions, tmp_path: Path
) -> None:
    upstream.go_on.set()
    chosen = options(upstream.address, max_connections=4)
    with running_edge(tmp_path / "edge", chosen):
        opened = [await asyncio.open_connection(chosen.api.host, chosen.api.port) for _ in range(5)]
        # The kernel has them all. Which are too many is up to Envoy's threads, and two that count at once may each close one.
        lines = {asyncio.create_task(reader.readline()): writer for reader, writer in opened}
        closed, left = await asyncio.wait(lines, timeout=20, return_when=asyncio.FIRST_COMPLETED)
        assert {line.result() for line in closed} == {b""}
        line = left.pop()
        lines[line].write(b"GET /v1/logs HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert await asyncio.wait_for(line, 20) == b"HTTP/1.1 200 OK\r\n"
        for each in left:
            each.cancel()
        for writer in lines.values():
            writer.close()


async def test_a_certificate_makes_it_https_for_every_client(
    upstream: Upstream, options: MakeOptions, certificates: dict[str, WorkloadFiles], tmp_path: Path
) -> None:
    upstream.go_on.set()
    mine = certificates["edge"]
    chosen = options(upstream.address, tls=ServerTls(mine.cert, mine.key))
    with running_edge(tmp_path / "edge", chosen):
        trust = ssl.create_default_context(cafile=str(mine.ca))
        for address in (chosen.api, chosen.dashboard):
            reader, writer = await asyncio.open_connection(address.host, address.port, ssl=trust)
            writer.write(b"GET /v1/logs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            head, _, _ = (await asyncio.wait_for(reader.read(), 20)).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK")
            assert b"strict-transport-security: max-age=" in head
            writer.close()
        credentials = grpc.ssl_channel_credentials(mine.ca.read_bytes())
        async with grpc.aio.secure_channel(str(chosen.api), credentials) as channel:
            assert (await code_of(QueryServiceStub(channel).Search(SearchRequest(), timeout=20)))[
                0
            ] is grpc.StatusCode.OK
        async with grpc.aio.insecure_channel(str(chosen.api)) as plaintext:
            code, _ = await code_of(QueryServiceStub(plaintext).Search(SearchRequest(), timeout=20))
            assert code is grpc.StatusCode.UNAVAILABLE


async def test_a_server_of_another_identity_is_not_the_gateway(
    certificates: dict[str, WorkloadFiles], options: MakeOptions, tmp_path: Path
) -> None:
    async with running_upstream(certificates["log-processor"]) as impostor:
        chosen = options(impostor.address)
        with running_edge(tmp_path / "edge", chosen):
            assert (await get(chosen.api, "/v1/logs")).status == 503
            async with grpc.aio.insecure_channel(str(chosen.api)) as channel:
                code, _ = await code_of(QueryServiceStub(channel).Search(SearchRequest(), timeout=20))
                assert code is grpc.StatusCode.UNAVAILABLE
        assert not impostor.seen


async def test_too_many_requests_are_told_so(upstream: Upstream, options: MakeOptions, tmp_path: Path) -> None:
    upstream.go_on.set()
    chosen = options(upstream.address, rate_limit=RateLimit(requests_per_second=1, burst=4))
    with running_edge(tmp_path / "edge", chosen):
        answers = [await get(chosen.api, "/v1/logs") for _ in range(20)]
        passed = [answer for answer in answers if answer.status == 200]
        limited = [answer for answer in answers if answer.status == 429]
        assert len(passed) + len(limited) == 20
        assert 5 <= len(passed) <= 15 and len(upstream.seen) == len(passed)
        assert all("retry-after" in answer.headers for answer in limited)
        async with grpc.aio.insecure_channel(str(chosen.api)) as channel:
            codes = [
                (await code_of(QueryServiceStub(channel).Search(SearchRequest(), timeout=20)))[0] for _ in range(9)
            ]
        assert grpc.StatusCode.RESOURCE_EXHAUSTED in codes


async def test_one_clients_haste_is_not_anothers_loss(upstream: Upstream, options: MakeOptions, tmp_path: Path) -> None:
    """Two clients come from two addresses of this machine."""
    upstream.go_on.set()
    chosen = options(upstream.address, rate_limit=RateLimit(requests_per_second=1, burst=4), hosts=("*",))

    async def ask(source: str) -> int:
        reader, writer = await asyncio.open_connection(chosen.api.host, chosen.api.port, local_addr=(source, 0))
        writer.write(b"GET /v1/logs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        status = int((await reader.readline()).split()[1])
        writer.close()
        return status

    with running_edge(tmp_path / "edge", chosen):
        hasty = [await ask("127.0.0.2") for _ in range(15)]
        assert 429 in hasty
        assert await ask("127.0.0.3") == 200
