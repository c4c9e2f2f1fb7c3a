"""More tenants than a receiver has spools open: those that are done with are closed, and nothing is lost or doubled when a tenant comes
back at that moment."""

import asyncio
import contextlib
import random
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import RunningProcessor, running_processor
from tests.waiting import until, until_true

from logmesh.client.delivering.spool import Spool
from logmesh.producer.receivers import outlets as outlets_module
from logmesh.producer.receivers.inlet import Inlet
from logmesh.producer.receivers.outlets import Outlets
from logmesh.producer.receivers.received import Overloaded, Received
from logmesh.producer.settings import ProducerSettings
from logmesh.producer.sources import Chunk
from logmesh.record.columns import UNKNOWN_ORIGIN
from logmesh.runtime.metrics import PRODUCER

_MOST = 3
_TENANTS = [f"tenant-{number}" for number in range(8)]


@pytest.fixture
async def processor(store: ServerStore, tmp_path: Path) -> AsyncIterator[RunningProcessor]:
    async with running_processor(store, tmp_path) as running:
        yield running


@contextlib.asynccontextmanager
async def _running(
    target: str, folder: Path, monkeypatch: pytest.MonkeyPatch, retain_seconds: float = 3_600
) -> AsyncIterator[Outlets]:
    """Outlets that may close what was used just now."""
    monkeypatch.setattr(outlets_module, "MOST_TENANTS", _MOST)
    monkeypatch.setattr(outlets_module, "_UNUSED_SECONDS", 0.0)
    monkeypatch.setattr(outlets_module, "_LOOK_SECONDS", 0.02)
    settings = ProducerSettings(
        name="log-receiver-0", source="receive", target=target, listen_address="127.0.0.1", metrics_port=0,
        spool_dir=folder / "spools", spool_retain_seconds=retain_seconds,
    )  # fmt: skip
    outlets = Outlets(settings)
    running = asyncio.create_task(outlets.run())
    await outlets.ready.wait()
    try:
        yield outlets
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        outlets.close()


def _received(body: str) -> Received:
    chunk = Chunk([1_764_590_000_000_000_000], [9], [b""], [body.encode()], [b""], [b""], [b""], [UNKNOWN_ORIGIN])
    return Received(chunk, told_apart=False)


async def _send(inlet: Inlet, tenant: str, body: str) -> None:
    """As a sender does that is asked to come again."""

    async def taken() -> bool:
        try:
            await inlet.keep(tenant, "lines", _received(body), b"")
        except Overloaded:
            return False
        return True

    await until(taken)


def _open() -> float:
    return PRODUCER.get_sample_value("logmesh_spools_open") or 0.0


async def _bodies(processor: RunningProcessor) -> list[tuple[str, str]]:
    return sorted(
        (row["tenant"], row["body"]) for row in await processor.query("SELECT tenant, body FROM logmesh.logs")
    )


@pytest.mark.parametrize("retain_seconds", [0.0, 3_600.0])
async def test_tenants_come_and_go(
    processor: RunningProcessor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, retain_seconds: float
) -> None:
    sent: list[tuple[str, str]] = []
    most_open = 0.0
    async with _running(processor.target, tmp_path, monkeypatch, retain_seconds) as outlets:
        inlet = Inlet(outlets, 64 << 20)

        async def sender(seed: int) -> None:
            nonlocal most_open
            chosen = random.Random(seed)
            for number in range(30):
                tenant, body = chosen.choice(_TENANTS), f"{seed}-{number}"
                await _send(inlet, tenant, body)
                sent.append((tenant, body))
                most_open = max(most_open, _open())

        await asyncio.gather(*(sender(seed) for seed in range(4)))

        async def stored() -> bool:
            return len(await _bodies(processor)) >= len(sent)

        await until(stored)
    assert await _bodies(processor) == sorted(sent)
    assert most_open <= _MOST


async def test_a_start_opens_what_holds_something_though_it_is_more_than_may_be_open(
    processor: RunningProcessor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for tenant in _TENANTS:
        spool = Spool(tmp_path / "spools" / f"tenant={tenant}", max_bytes=128 << 20, retain_seconds=60)
        spool.hold(columns_of([tenant.encode()]))
        spool.close()
    async with _running(processor.target, tmp_path, monkeypatch, retain_seconds=0) as outlets:
        assert _open() == _MOST and outlets.unread_spools() == len(_TENANTS) - _MOST

        async def stored() -> bool:
            return len(await _bodies(processor)) == len(_TENANTS)

        await until(stored)
        assert not outlets.unread_spools()
        await until_true(lambda: not outlets.uncommitted_records())
    async with _running(processor.target, tmp_path, monkeypatch):
        assert _open() == 0, "none holds anything"
    assert await _bodies(processor) == [(tenant, tenant) for tenant in _TENANTS]


async def test_of_spools_that_are_done_with_those_are_closed_first_that_hold_nothing(
    processor: RunningProcessor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _running(processor.target, tmp_path, monkeypatch) as outlets:
        inlet = Inlet(outlets, 64 << 20)
        empty = _TENANTS[1]
        for tenant in _TENANTS[:_MOST]:
            await _send(inlet, tenant, "kept")
            await until_true(lambda: not outlets.uncommitted_records())
        assert (await outlets.of(empty)).spool.make_room()
        with capture_logs() as said:
            await _send(inlet, _TENANTS[_MOST], "kept")
    assert [one["tenant"] for one in said if one["event_name"] == "spool_closed"] == [empty]


async def test_what_is_not_committed_is_never_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with _running("ipv4:127.0.0.1:1", tmp_path, monkeypatch) as outlets:
        inlet = Inlet(outlets, 64 << 20)
        for tenant in _TENANTS[:_MOST]:
            await _send(inlet, tenant, "kept")
        with pytest.raises(Overloaded, match="takes no more"):
            await inlet.keep(_TENANTS[_MOST], "lines", _received("held off"), b"")
        assert outlets.uncommitted_records() == _MOST


async def test_a_tenant_that_comes_back_while_its_spool_is_closed_waits_for_it(
    processor: RunningProcessor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closing, may_close = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()
    close: Any = Spool.close

    def slowly(spool: Spool) -> None:
        loop.call_soon_threadsafe(closing.set)
        may_close.wait(10)
        close(spool)

    monkeypatch.setattr(Spool, "close", slowly)
    async with _running(processor.target, tmp_path, monkeypatch) as outlets:
        inlet = Inlet(outlets, 64 << 20)
        for tenant in _TENANTS[:_MOST]:
            await _send(inlet, tenant, "before")
            await until_true(lambda: not outlets.uncommitted_records())
        another = asyncio.create_task(_send(inlet, _TENANTS[_MOST], "another"))
        await closing.wait()
        back = asyncio.create_task(_send(inlet, _TENANTS[0], "back"))
        await asyncio.sleep(0)
        may_close.set()
        await asyncio.gather(another, back)

        async def stored() -> bool:
            return len(await _bodies(processor)) >= _MOST + 2

        await until(stored)
    before = [(tenant, "before") for tenant in _TENANTS[:_MOST]]
    assert await _bodies(processor) == sorted([*before, (_TENANTS[0], "back"), (_TENANTS[_MOST], "another")])
