"""Searches and tails that are left, closed, or interrupted while they wait, at a server that says when it notices."""

import asyncio
import contextlib
import gc
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypeVar

import grpc
import pytest
from tests.waiting import until_true

from logmesh import AsyncClient, Client, Record
from logmesh.client.errors import DeadlineExceeded, LogmeshError, ServerError
from logmesh.v1.query_service_pb2 import SEARCH_END_EXHAUSTED, SearchDone, SearchRequest, SearchResponse, SearchRows
from logmesh.v1.record_pb2 import LogRecord
from logmesh.v1.tail_service_pb2 import TailFrame, TailRequest, TailResponse

T = TypeVar("T")

SECONDS = 10
both = pytest.mark.parametrize("asynchronous", [True, False], ids=["async", "blocking"])
NONSENSE = b"\xff\xff\xff"


class Server:
    """Answers a search and a tail alike, with what `feed` puts; a call that the client has left is put into `left`."""

    def __init__(self) -> None:
        self.to_send: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self.left: asyncio.Queue[str] = asyncio.Queue()
        self.calls = 0
        self.address = ""

    def feed(self, *sent: str | bytes | None) -> None:
        """Bodies of records, bytes that are no message, None for the end."""
        for one in sent:
            self.to_send.put_nowait(one)

    async def search(self, _request: SearchRequest, context: Any) -> AsyncIterator[bytes]:
        async for one in self._answers("search"):
            yield (
                one
                if isinstance(one, bytes)
                else SearchResponse(rows=SearchRows(records=[LogRecord(body=one)])).SerializeToString()
            )
        yield SearchResponse(done=SearchDone(end=SEARCH_END_EXHAUSTED)).SerializeToString()

    async def tail(self, _request: TailRequest, context: Any) -> AsyncIterator[bytes]:
        async for one in self._answers("tail"):
            yield (
                one
                if isinstance(one, bytes)
                else TailResponse(frame=TailFrame(records=[LogRecord(body=one)])).SerializeToString()
            )

    async def _answers(self, name: str) -> AsyncIterator[str | bytes]:
        self.calls += 1
        try:
            while (one := await self.to_send.get()) is not None:
                yield one
        except (asyncio.CancelledError, GeneratorExit):
            self.left.put_nowait(name)
            raise

    async def was_left(self) -> str:
        return await asyncio.wait_for(self.left.get(), SECONDS)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """One that listens."""
    made, served = Server(), grpc.aio.server()
    for service, name, method, request in (
        ("QueryService", "Search", made.search, SearchRequest),
        ("TailService", "Tail", made.tail, TailRequest),
    ):
        handler = grpc.unary_stream_rpc_method_handler(method, request.FromString, None)
        served.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(f"logmesh.v1.{service}", {name: handler}),)
        )
    made.address = f"127.0.0.1:{served.add_insecure_port('127.0.0.1:0')}"
    await served.start()
    yield made
    await served.stop(None)


@pytest.fixture
def without_cycles() -> Iterator[None]:
    """Nothing is collected but what nobody refers to any more."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def streams() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "logmesh-stream"]


async def in_thread(work: Callable[[], T]) -> T:
    return await asyncio.wait_for(asyncio.to_thread(work), SECONDS)


@both
@pytest.mark.parametrize("kind", ["search", "tail", "messages"])
async def test_one_that_is_left_by_break_ends_at_once(
    server: Server, without_cycles: None, asynchronous: bool, kind: str
) -> None:
    server.feed("one")
    if asynchronous:
        async with AsyncClient(server.address) as client:
            asked: Any = client.tail() if kind == "tail" else client.search()
            async for _ in asked.messages() if kind == "messages" else asked:
                break
            del asked
            assert await server.was_left() == ("tail" if kind == "tail" else "search")
        return
    with Client(server.address) as blocking:

        def work() -> None:
            asked: Any = blocking.tail() if kind == "tail" else blocking.search()
            for _ in asked.messages() if kind == "messages" else asked:
                break
            del asked
            for thread in streams():
                thread.join(SECONDS)
            assert streams() == []

        await in_thread(work)
        assert await server.was_left() == ("tail" if kind == "tail" else "search")


async def test_a_search_is_closed_as_a_generator_is(server: Server) -> None:
    server.feed("one", "two")
    async with AsyncClient(server.address) as client:
        async with contextlib.aclosing(client.search()) as found:
            assert (await anext(found)).body == "one"
        assert await server.was_left() == "search"
        assert [record async for record in found] == []
        await client.search().aclose()  # nothing was asked yet
    server.feed("three")
    with Client(server.address) as blocking:

        def work() -> list[Record]:
            with contextlib.closing(blocking.search()) as found:
                next(found)
            return list(found)

        assert await in_thread(work) == []
        assert await server.was_left() == "search"


async def test_a_tail_that_is_closed_before_its_stream_was_read_ends(server: Server) -> None:
    async with AsyncClient(server.address) as client:
        tail = client.tail()
        waiting = asyncio.create_task(anext(tail, None))
        await until_true(lambda: tail._stream is not None)
        await tail.close()
        assert await asyncio.wait_for(waiting, 5) is None


async def read_all(server: Server, asynchronous: bool, kind: str, **options: Any) -> tuple[list[str], LogmeshError]:
    """Bodies of what came, and the error that it ended with."""
    found: list[str] = []

    async def read() -> None:
        async with AsyncClient(server.address) as client:
            async for record in getattr(client, kind)(**options):
                found.append(record.body)  # noqa: PERF401  # one by one: an error is to leave those before it

    def read_blocking() -> None:
        with Client(server.address) as client:
            for record in getattr(client, kind)(**options):
                found.append(record.body)  # noqa: PERF401

    with pytest.raises(LogmeshError) as caught:
        await asyncio.wait_for(read() if asynchronous else asyncio.to_thread(read_blocking), 3 * SECONDS)
    return found, caught.value


@both
async def test_patience_is_for_each_record_and_not_for_a_page(server: Server, asynchronous: bool) -> None:
    patience, bodies = 2.0, [str(number) for number in range(8)]

    async def trickle() -> None:
        for body in bodies:
            server.feed(body)
            await asyncio.sleep(patience / 6)

    trickling = asyncio.create_task(trickle())
    found, error = await read_all(server, asynchronous, "search", patience=patience)
    await trickling
    assert found == bodies
    assert isinstance(error, DeadlineExceeded) and "ask for less by the filter or the time range" in str(error)


@pytest.mark.parametrize("kind", ["search", "tail"])
async def test_a_wait_that_is_interrupted_ends_nothing(server: Server, kind: str) -> None:
    async with AsyncClient(server.address) as client:
        items: Any = getattr(client, kind)()
        for number in range(5):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(items), 0.02)
            server.feed(str(number))
            assert (await asyncio.wait_for(anext(items), SECONDS)).body == str(number)
        assert server.calls == 1
        messages = items.messages()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(messages), 0.02)
        server.feed("last")
        assert (await asyncio.wait_for(anext(messages), SECONDS)).body == "last"


INTERRUPTED = """
import sys
from logmesh import Client

with Client(sys.argv[1]) as client, client.tail() as tail:
    try:
        print(next(tail).body, flush=True)
        next(tail)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    print(next(tail).body)
"""


async def test_ctrl_c_while_an_item_is_waited_for_leaves_the_tail_as_it_was(server: Server) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", INTERRUPTED, server.address, stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        server.feed("one")
        assert await asyncio.wait_for(process.stdout.readline(), 3 * SECONDS) == b"one\n"
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.stdout.readline(), SECONDS) == b"interrupted\n"
        server.feed("two")
        assert await asyncio.wait_for(process.stdout.readline(), SECONDS) == b"two\n"
        assert (await asyncio.wait_for(process.wait(), SECONDS), server.calls) == (0, 1)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@both
@pytest.mark.parametrize("kind", ["search", "tail"])
async def test_an_answer_that_can_not_be_decoded_is_an_error(server: Server, asynchronous: bool, kind: str) -> None:
    server.feed("one", NONSENSE)
    # A tail without patience does not try again.
    found, error = await read_all(server, asynchronous, kind, **({"patience": -1} if kind == "tail" else {}))
    assert found == ["one"]
    assert isinstance(error, ServerError) and "INTERNAL" in str(error)
