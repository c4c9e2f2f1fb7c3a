"""What a sender can't do to a receiver's HTTP port, and what it is told instead. The server and its sockets are real."""

import asyncio
import contextlib
import gc
import gzip
import json
import socket
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.waiting import until, until_true

from logmesh.cli.local.ports import free_port
from logmesh.client.delivering.spool import Unspooled
from logmesh.producer.receivers import inlet
from logmesh.producer.receivers.callers import Callers
from logmesh.producer.receivers.http import body, server, strays
from logmesh.producer.receivers.http.server import Http
from logmesh.producer.receivers.inlet import Inlet
from logmesh.producer.receivers.limits import MOST_HEADER_BYTES
from logmesh.producer.receivers.outlets import Outlets
from logmesh.producer.receivers.received import Overloaded
from logmesh.producer.settings import ProducerSettings
from logmesh.runtime import metrics


class _HeldInlet(Inlet):
    """Keeps nothing; `held` is cleared by tests that want requests to wait."""

    def __init__(self, settings: ProducerSettings) -> None:
        super().__init__(Outlets(settings), settings.receive_bytes)
        self.open = asyncio.Event()
        self.open.set()
        self.came = 0
        self.error: Exception | None = None

    @property
    def taken_bytes(self) -> int:
        """Of requests for which there is room."""
        return self._bytes

    async def store(self, tenant: str, batches: Sequence[Unspooled], size: int) -> None:
        self.came += 1
        await self.open.wait()
        if self.error is not None:
            raise self.error


class _Port:
    def __init__(self, number: int, inlet: _HeldInlet, door: Http) -> None:
        self.number, self.inlet, self.door = number, inlet, door
        self.url = f"http://127.0.0.1:{number}"

    async def raw(self, sent: bytes) -> bytes:
        """What is answered to these bytes until the connection is closed."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.number)
        with contextlib.closing(writer):
            writer.write(sent)
            async with asyncio.timeout(20):
                return await reader.read()


@contextlib.asynccontextmanager
async def _listening(folder: Path, callers: Callers | None = None, max_connections: int = 10) -> AsyncIterator[_Port]:
    settings = ProducerSettings(
        source="receive",
        spool_dir=folder,
        listen_address="127.0.0.1",
        http_port=free_port(),
        max_connections=max_connections,
    )
    held = _HeldInlet(settings)
    door = Http(settings, held, callers or Callers())
    await door.start()
    try:
        yield _Port(settings.http_port, held, door)
    finally:
        held.open.set()
        await door.drain()


_POST = b"POST /lines HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"


async def test_a_body_that_trickles_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "_FIRST_SECONDS", 0.3)
    async with _listening(tmp_path) as port:
        answer = await port.raw(_POST + b"Content-Length: 100\r\n\r\nup")
        assert answer.startswith(b"HTTP/1.1 408 ") and b"too slow" in answer
        assert not port.inlet.came


async def test_a_head_that_trickles_and_a_connection_without_requests_are_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_IDLE_SECONDS", 0.3)
    async with _listening(tmp_path) as port:
        assert await port.raw(b"") == b""
        assert await port.raw(_POST) == b""
        kept = await port.raw(b"GET /ready HTTP/1.1\r\nHost: x\r\n\r\nPOST /lines HT")
        assert kept.count(b"HTTP/1.1 ") == 1 and b" 200 " in kept


async def test_a_sender_that_does_not_read_its_answer_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strays, "_SEND_SECONDS", 0.3)
    action = b'{"create":{"_index":"%b","_id":"%b"}}\n{"message":"up"}\n' % (b"x" * 500, b"y" * 500)
    bulk = action * 6_000
    async with _listening(tmp_path) as port:
        with socket.create_connection(("127.0.0.1", port.number)) as sender:
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            head = b"POST /_bulk HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(bulk)
            await asyncio.to_thread(sender.sendall, head + bulk)
            refused = metrics.RECEIVED_REFUSED.labels("http", "too_slow")._value
            before = refused.get()

            async def is_given_up() -> bool:
                return bool(refused.get() > before)

            await until(is_given_up)
        assert port.inlet.came == 1


@pytest.mark.parametrize("step", [(body, "unpack"), (inlet, "columns_of")])
async def test_others_are_answered_while_a_large_body_is_unpacked_and_made_into_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: tuple[Any, str]
) -> None:
    begun, answered = threading.Event(), threading.Event()
    module, name = step
    works = getattr(module, name)

    def slow(*given: Any) -> Any:
        if len(given[0]) > 2_048:  # bytes, or records
            begun.set()
            answered.wait(10)
        return works(*given)

    monkeypatch.setattr(module, name, slow)
    large = gzip.compress(b"".join(b"up %d\n" % number for number in range(3_000)))
    assert len(large) > 2_048
    async with _listening(tmp_path) as port, aiohttp.ClientSession() as session:
        sending = asyncio.create_task(
            session.post(f"{port.url}/lines", data=large, headers={"Content-Encoding": "gzip"})
        )
        await until_true(begun.is_set)
        async with session.post(f"{port.url}/lines", data=b"up") as answer:
            assert answer.status == 200 and not answered.is_set()
        answered.set()
        assert (await sending).status == 200
        assert port.inlet.came == 2


async def test_a_body_that_breaks_off_or_lies_is_not_kept(tmp_path: Path) -> None:
    async with _listening(tmp_path) as port:
        answer = await port.raw(_POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n")
        assert b" 400 " in answer.splitlines()[0]
        _, writer = await asyncio.open_connection("127.0.0.1", port.number)
        writer.write(_POST + b"Content-Length: 100\r\n\r\nup")
        await writer.drain()
        writer.close()
        async with aiohttp.ClientSession() as session, session.post(f"{port.url}/lines", data=b"up") as good:
            assert good.status == 200
        assert port.inlet.came == 1


async def test_of_a_body_that_breaks_off_nothing_waits_in_memory_until_cycles_are_looked_for(tmp_path: Path) -> None:
    async with _listening(tmp_path) as port:
        refused = metrics.RECEIVED_REFUSED.labels("lines", "invalid")._value
        before = refused.get()
        gc.collect()
        gc.disable()
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port.number)
            writer.write(_POST + b"Content-Length: 2000000\r\n\r\n" + bytes(1_000_000))
            await until_true(lambda: port.inlet.taken_bytes >= 900_000)
            writer.transport.abort()
            await until_true(lambda: refused.get() > before)
            del writer
            gc.set_debug(gc.DEBUG_SAVEALL)
            gc.collect()
            held = sum(len(part) for one in gc.garbage for part in gc.get_referents(one) if isinstance(part, bytes))
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()
        assert held < 300_000, "what the stream had read ahead"


async def test_what_is_no_http_is_answered_and_hurts_nobody(tmp_path: Path) -> None:
    async with _listening(tmp_path) as port:
        for sent in (
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
            b"GET / HTTP/9.9\r\n\r\n",
            b"POST /lines HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
            b"POST /lines HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nup",
            _POST + b"X: " + b"x" * (2 * MOST_HEADER_BYTES) + b"\r\n\r\n",
            b"GET /" + b"x" * (2 * MOST_HEADER_BYTES) + b" HTTP/1.1\r\n\r\n",
            _POST + b"".join(b"X%d: x\r\n" % n for n in range(500)) + b"\r\n",
        ):
            assert (await port.raw(sent)).splitlines()[0].split()[1] == b"400", sent[:60]
        assert not port.inlet.came


async def test_one_connection_too_many_is_told_to_come_again(tmp_path: Path) -> None:
    async with _listening(tmp_path, max_connections=2) as port:
        held = [await asyncio.open_connection("127.0.0.1", port.number) for _ in range(2)]
        for reader, writer in held:
            writer.write(b"GET /ready HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b" 200 " in await reader.readline()
        answer = await port.raw(b"")
        assert answer.startswith(b"HTTP/1.1 503 ") and b"Retry-After: 1\r\n" in answer
        for _, writer in held:
            writer.close()

        async def taken_again() -> bool:
            return b" 200 " in await port.raw(b"GET /ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

        await until(taken_again)


async def test_a_sender_that_is_too_much_is_told_when_to_come_again(tmp_path: Path) -> None:
    async with _listening(tmp_path) as port, aiohttp.ClientSession() as session:
        port.inlet.error = Overloaded("the spool is full", 2.5)
        for path, sent in (
            ("/lines", b"up"),
            ("/loki/api/v1/push", b'{"streams":[{"stream":{"app":"shop"},"values":[["1764590000000000000","up"]]}]}'),
            ("/_bulk", b'{"create":{}}\n{"message":"up"}\n'),
        ):
            headers = {"Content-Type": "application/json"}
            async with session.post(port.url + path, data=sent, headers=headers) as answer:
                assert (answer.status, answer.headers["Retry-After"]) == (429, "3")
                assert "the spool is full" in await answer.text()


async def test_who_shows_nothing_is_told_what_to_show(tmp_path: Path) -> None:
    async with _listening(tmp_path, Callers(certificates=True)) as port, aiohttp.ClientSession() as session:
        for method, path in (("POST", "/lines"), ("POST", "/loki/api/v1/push"), ("POST", "/_bulk"), ("GET", "/")):
            async with session.request(method, port.url + path, data=b"up") as answer:
                assert (answer.status, answer.headers["WWW-Authenticate"][:6]) == (401, "Bearer"), path
        assert not port.inlet.came


async def test_what_has_come_in_is_answered_before_the_port_closes(tmp_path: Path) -> None:
    async with _listening(tmp_path) as port, aiohttp.ClientSession() as session:
        port.inlet.open.clear()
        sending = asyncio.create_task(session.post(f"{port.url}/lines", data=b"up"))

        async def has_come() -> int:
            return port.inlet.came

        await until(has_come)
        draining = asyncio.create_task(port.door.drain())

        async def is_closed() -> bool:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port.number)
            except OSError:
                return True
            writer.close()
            return False

        await until(is_closed)
        assert not sending.done()
        port.inlet.open.set()
        assert (await sending).status == 200
        await draining


async def test_an_answer_before_the_body_has_come_ends_the_connection_and_says_so(tmp_path: Path) -> None:
    async with _listening(tmp_path) as port:
        answer = await port.raw(b"POST /lines HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\nup")
        assert answer.startswith(b"HTTP/1.1 413 ") and b"Connection: close\r\n" in answer
        answer = await port.raw(b"POST /line HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nup")
        assert answer.startswith(b"HTTP/1.1 404 ") and b"Connection: close\r\n" in answer


async def test_a_sender_that_leaves_before_it_is_answered_is_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with _listening(tmp_path) as port:
        port.inlet.open.clear()
        _, writer = await asyncio.open_connection("127.0.0.1", port.number)
        writer.write(b"POST /lines HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nup")

        async def has_come() -> int:
            return port.inlet.came

        await until(has_come)
        writer.transport.abort()
        await port.raw(b"GET /ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        port.inlet.open.set()
        await port.door.drain()
        assert not caplog.records


async def test_a_connection_serves_one_request_behind_the_other(tmp_path: Path) -> None:
    async with _listening(tmp_path) as port:
        one = b"POST /lines HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nup"
        answer = await port.raw(one * 20 + _POST + b"Content-Length: 2\r\n\r\nup")
        assert answer.count(b"HTTP/1.1 200 OK") == port.inlet.came == 21
        assert answer.count(b'{"accepted": 1}') == 21


async def test_no_path_is_answered_by_an_error_of_the_program(tmp_path: Path) -> None:
    async with _listening(tmp_path) as port:
        for path in (
            b"/%FF%00/_bulk",
            b"//",
            b"/../_bulk",
            b"/%",
            b"/a%2Fb/_doc/%20",
            b"/_doc",
            b"/x/_create/%E2%82",
            b"*",
        ):
            for method in (b"GET", b"POST", b"PUT", b"PATCH", b"OPTIONS", b"BREW"):
                answer = await port.raw(
                    b"%b %b HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}" % (method, path)
                )
                status = int(answer.split(b" ", 2)[1])
                assert status < 500, (method, path, answer)
                if status == 404:
                    assert json.loads(answer.partition(b"\r\n\r\n")[2])
