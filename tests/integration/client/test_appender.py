"""Exactly once from a Python program: over cut connections and restarted processors, to the bound and no further."""

import asyncio
import contextlib
import threading
from pathlib import Path
from uuid import UUID

import pytest
from tests.integration.client.conftest import System
from tests.integration.client.proxy import CuttingProxy
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import RunningProcessor, running_processor

from logmesh import Appender, Record, TlsFiles
from logmesh.cli.local.certificates import WorkloadFiles
from logmesh.cli.local.ports import free_port
from logmesh.client.errors import Closed, DeadlineExceeded, Overloaded, SpoolUnavailable

COUNT = 20_000
PARTS = 5


def append_lines(appender: Appender, first: int, count: int) -> None:
    for number in range(first, first + count):
        appender.append(f"line {number}")


async def stored_once(processor: RunningProcessor, count: int) -> None:
    bodies = await processor.bodies()
    assert len(bodies) == count
    assert set(bodies) == {f"line {number}" for number in range(count)}


@pytest.mark.parametrize("on_disk", [True, False], ids=["spool", "memory"])
async def test_cut_connections_lose_and_repeat_nothing(system: System, tmp_path: Path, on_disk: bool) -> None:
    async with CuttingProxy(system.processor.target) as proxy:
        spool = tmp_path / "spool" if on_disk else None
        appender = await asyncio.to_thread(lambda: Appender(proxy.address, service="s", spool=spool))
        for part in range(PARTS):
            seen = proxy.forwarded
            await asyncio.to_thread(append_lines, appender, part * COUNT // PARTS, COUNT // PARTS)
            async with asyncio.timeout(20):
                while proxy.forwarded < seen + 50_000:  # in the middle of this part
                    await asyncio.sleep(0.001)
            proxy.cut()
        await asyncio.to_thread(appender.close, 60)
        assert proxy.connections > PARTS
    await stored_once(system.processor, COUNT)


@pytest.mark.parametrize("on_disk", [True, False], ids=["spool", "memory"])
async def test_a_restarted_processor_is_found_again(store: ServerStore, tmp_path: Path, on_disk: bool) -> None:
    port = free_port()
    spool = tmp_path / "spool" if on_disk else None
    appender = Appender(f"127.0.0.1:{port}", service="s", spool=spool)
    async with running_processor(store, tmp_path, direct_port=port, drain_seconds=1):
        await asyncio.to_thread(append_lines, appender, 0, 3_000)
    await asyncio.to_thread(append_lines, appender, 3_000, 3_000)  # nobody listens now
    with pytest.raises(DeadlineExceeded, match="not committed"):
        await asyncio.to_thread(appender.flush, 0.2)
    async with running_processor(store, tmp_path, direct_port=port) as processor:
        await asyncio.to_thread(append_lines, appender, 6_000, 3_000)
        await asyncio.to_thread(appender.flush, 60)
        assert appender.pending() == 0
        await asyncio.to_thread(appender.close)
        await stored_once(processor, 9_000)


async def test_what_a_closed_spool_still_holds_is_sent_by_the_next_one(system: System, tmp_path: Path) -> None:
    def give_up() -> None:
        appender = Appender(f"127.0.0.1:{free_port()}", service="s", spool=tmp_path / "spool")
        append_lines(appender, 0, 2_500)
        with pytest.raises(DeadlineExceeded):
            appender.close(0)

    def go_on() -> None:
        with Appender(system.processor.target, service="s", spool=tmp_path / "spool") as appender:
            append_lines(appender, 2_500, 10)
            appender.flush(30)

    await asyncio.to_thread(give_up)
    await asyncio.to_thread(go_on)
    await stored_once(system.processor, 2_510)


async def test_a_record_is_stored_with_all_that_it_says(system: System) -> None:
    def work() -> None:
        with Appender(
            system.processor.target, service="checkout", instance="pod-1", resource={"k8s.node": "n"}
        ) as appender:
            appender.append(
                Record(
                    body="order placed", severity="warning", attributes={"order": 42, "tags": ["a", {"b": None}], "odd": {1}},
                    trace_id="ab" * 16, span_id="cd" * 8, scope="shop", time_unix_nano=0,
                )
            )  # fmt: skip
            appender.append(Record(body="of another", service="cart"))

    await asyncio.to_thread(work)
    rows = await system.processor.query(
        "SELECT severity, severity_text, l.service, attributes->>'order' AS n, trace_id, instance,"
        " scope_name, resource->>'k8s.node' AS node"
        " FROM logmesh.logs l JOIN logmesh.origins USING (origin) ORDER BY position"
    )
    assert tuple(rows[0]) == (13, "warning", "checkout", "42", UUID("ab" * 16), "pod-1", "shop", "n")
    assert (rows[1]["service"], rows[1]["instance"], rows[1]["node"]) == ("cart", "pod-1", "n")


async def test_at_its_bound_append_waits_and_then_refuses() -> None:
    appender = Appender(f"127.0.0.1:{free_port()}", service="s", max_bytes=1 << 20)
    taken = 0
    with contextlib.suppress(Overloaded):
        while taken < 10_000:
            appender.append("x" * 1_000, timeout=1)
            taken += 1
    assert 700 < taken == appender.pending() < 2_000  # about a megabyte
    with pytest.raises(Overloaded):
        appender.append("x" * 250_000, timeout=0.05)
    with pytest.raises(DeadlineExceeded, match=r"127\.0\.0\.1"):  # the last error of the connection
        appender.flush(1)
    with pytest.raises(DeadlineExceeded):
        appender.close(0)
    with pytest.raises(Closed):
        appender.append("late")


async def test_many_threads_append_at_once(system: System) -> None:
    def work() -> None:
        with Appender(system.processor.target, service="s") as appender:
            threads = [threading.Thread(target=append_lines, args=(appender, 1_000 * n, 1_000)) for n in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(30)

    await asyncio.to_thread(work)
    await stored_once(system.processor, 8_000)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (Record(body="x" * (256 * 1024 + 1)), "body"),
        (Record(body="", trace_id="abc"), "trace_id"),
        (Record(body="", severity_number=25), "severity_number"),
        (Record(body="", attributes={str(n): n for n in range(129)}), "attributes"),
        (Record(body="", service="s" * 256), "service"),
    ],
)
def test_a_record_that_no_processor_would_store_is_refused_at_once(record: Record, words: str) -> None:
    appender = Appender("127.0.0.1:1")
    with pytest.raises(ValueError, match=words):
        appender.append(record)
    appender.close()


def test_a_spool_is_of_one_appender(tmp_path: Path) -> None:
    with Appender("127.0.0.1:1", spool=tmp_path / "spool"), pytest.raises(SpoolUnavailable, match="in use"):
        Appender("127.0.0.1:1", spool=tmp_path / "spool")


async def test_mutual_tls(store: ServerStore, certificates: dict[str, WorkloadFiles], tmp_path: Path) -> None:
    mine = certificates["log-producer"]
    async with running_processor(store, tmp_path, server=certificates["log-processor"], client=mine) as processor:

        def work() -> None:
            tls = TlsFiles(mine.cert, mine.key, mine.ca)
            with Appender(processor.target, tls=tls, server_name="log-processor") as appender:
                append_lines(appender, 0, 10)

        await asyncio.to_thread(work)
        await stored_once(processor, 10)
