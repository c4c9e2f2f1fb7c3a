"""Live tails through a real gateway, over connections that are cut."""

import asyncio
import threading
from datetime import timedelta

import pytest
from tests.integration.client.conftest import System
from tests.integration.client.proxy import CuttingProxy

from logmesh import Appender, AsyncClient, Client, Gap, Record
from logmesh.cli.local.ports import free_port
from logmesh.client.errors import ConnectionFailed, InvalidFilter, ServerError
from logmesh.v1.record_pb2 import LogRecord


def body_of(item: Record | Gap) -> str:
    assert isinstance(item, Record), item
    return item.body


async def append(system: System, *bodies: str) -> None:
    def work() -> None:
        with Appender(system.processor.target, service="s") as appender:
            for body in bodies:
                appender.append(body)

    await asyncio.to_thread(work)


@pytest.mark.parametrize("asynchronous", [True, False], ids=["async", "blocking"])
async def test_a_tail_goes_on_over_cut_connections_without_loss_or_repeat(system: System, asynchronous: bool) -> None:
    async with CuttingProxy(system.gateway) as proxy:
        found: list[str] = []
        said: list[str] = []
        began = threading.Event()
        since = timedelta(minutes=5)

        async def follow() -> None:
            async with (
                AsyncClient(proxy.address) as client,
                client.tail("line", backlog=since, notice=said.append) as tail,
            ):
                async for item in tail:
                    found.append(body_of(item))
                    began.set()
                    if len(found) == 41:
                        break

        def follow_blocking() -> None:
            with Client(proxy.address) as client, client.tail("line", backlog=since, notice=said.append) as tail:
                for item in tail:
                    found.append(body_of(item))
                    began.set()
                    if len(found) == 41:
                        break

        await append(system, "line first", "other")
        following = asyncio.create_task(follow() if asynchronous else asyncio.to_thread(follow_blocking))
        assert await asyncio.to_thread(began.wait, 20)
        for part in range(4):
            await append(system, *(f"line {part * 10 + number}" for number in range(10)))
            proxy.cut()
        await asyncio.wait_for(following, 40)
        assert sorted(found) == sorted(["line first", *(f"line {number}" for number in range(40))])
        assert proxy.connections >= 4
        assert said[0].startswith(f"{proxy.address}: ") and said[0].endswith("; trying again")
        assert set(said[1::2]) == {"going on"} and all(sentence.endswith("; trying again") for sentence in said[::2])


@pytest.mark.parametrize("asynchronous", [True, False], ids=["async", "blocking"])
async def test_what_comes_once_a_tail_stands_is_told_from_what_was_before(system: System, asynchronous: bool) -> None:
    await append(system, "before")
    standing = threading.Event()
    found: list[tuple[str, bool]] = []

    async def follow() -> None:
        async with AsyncClient(system.gateway) as client, client.tail(backlog=timedelta(minutes=5)) as tail:
            await tail.begin()
            standing.set()
            async for message in tail.messages():
                assert isinstance(message, LogRecord)
                found.append((message.body, tail.in_backlog))
                if len(found) == 2:
                    return

    def follow_blocking() -> None:
        with Client(system.gateway) as client, client.tail(backlog=timedelta(minutes=5)) as tail:
            tail.begin()
            standing.set()
            for message in tail.messages():
                assert isinstance(message, LogRecord)
                found.append((message.body, tail.in_backlog))
                if len(found) == 2:
                    return

    following = asyncio.create_task(follow() if asynchronous else asyncio.to_thread(follow_blocking))
    assert await asyncio.to_thread(standing.wait, 20)
    await system.processor.until_followed()
    await append(system, "after")
    await asyncio.wait_for(following, 20)
    assert found == [("before", True), ("after", False)]


@pytest.mark.parametrize("asynchronous", [True, False], ids=["async", "blocking"])
async def test_closing_the_client_ends_its_tails_with_an_error(system: System, asynchronous: bool) -> None:
    if asynchronous:
        client = AsyncClient(system.gateway)
        tail = client.tail()
        await tail.begin()
        await client.close()
        with pytest.raises(ServerError, match="CANCELLED"):
            await asyncio.wait_for(anext(tail), 10)
        return
    blocking = Client(system.gateway)
    other = blocking.tail()
    await asyncio.to_thread(other.begin)
    reading = asyncio.create_task(asyncio.to_thread(lambda: list(other)))
    await system.processor.until_followed()
    blocking.close()
    with pytest.raises(ServerError, match="CANCELLED"):
        await asyncio.wait_for(reading, 10)


async def test_a_resume_token_goes_on_in_another_process_s_tail(system: System) -> None:
    async with AsyncClient(system.gateway) as client:
        async with client.tail(backlog=timedelta(minutes=5)) as tail:
            await append(system, "one")
            assert body_of(await asyncio.wait_for(anext(tail), 20)) == "one"
            token = tail.resume_token
        assert token
        await append(system, "two")
        async with client.tail(resume_token=token) as tail:
            assert body_of(await asyncio.wait_for(anext(tail), 20)) == "two"


@pytest.mark.parametrize("asynchronous", [True, False], ids=["async", "blocking"])
async def test_closing_ends_a_tail_that_waits(system: System, asynchronous: bool) -> None:
    if asynchronous:
        async with AsyncClient(system.gateway) as client:
            tail = client.tail()

            async def wait() -> list[Record | Gap]:
                return [item async for item in tail]

            waiting = asyncio.create_task(wait())
            await system.processor.until_followed()
            await tail.close()
            assert await asyncio.wait_for(waiting, 10) == []
        return
    with Client(system.gateway) as blocking:
        other = blocking.tail()
        reading = asyncio.create_task(asyncio.to_thread(lambda: list(other)))
        await system.processor.until_followed()
        other.close()
        assert await asyncio.wait_for(reading, 10) == []


async def test_a_wrong_filter_and_nobody_there_are_raised_at_once(system: System) -> None:
    def first(gateway: str) -> object:
        with Client(gateway) as client, client.tail("sevrity = 3") as tail:
            return next(tail)

    with pytest.raises(InvalidFilter) as wrong:
        await asyncio.to_thread(first, system.gateway)
    assert wrong.value.suggestion == "severity"
    with pytest.raises(ConnectionFailed):
        await asyncio.to_thread(first, f"127.0.0.1:{free_port()}")
    async with AsyncClient(system.gateway) as client:
        with pytest.raises(InvalidFilter):
            await anext(client.tail("sevrity = 3"))
