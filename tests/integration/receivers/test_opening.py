"""A tenant's spool is opened once, whoever asked for it first; one that can't be opened holds up its own tenant alone; and a receiver
that can open none takes nothing."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.running import RunningProcessor
from tests.integration.receivers.running import running_receiver
from tests.waiting import until, until_true

from logmesh.client.delivering import spool as spool_module
from logmesh.client.delivering.spool import Spool
from logmesh.producer.receivers import outlets as outlets_module
from logmesh.producer.receivers import unopened
from logmesh.producer.receivers.outlets import Outlets
from logmesh.producer.receivers.receive import Receiver
from logmesh.producer.run import EXIT_LEFT, produce
from logmesh.producer.settings import ProducerSettings
from logmesh.runtime.metrics import PRODUCER


def settings_of(folder: Path) -> ProducerSettings:
    """A receiver without doors, whose processors are away."""
    return ProducerSettings(
        name="log-receiver-0", source="receive", target="127.0.0.1:1", listen_address="127.0.0.1", spool_dir=folder,
        otlp_port=0, http_port=0, syslog_port=0, syslog_tls_port=0, metrics_port=0,
    )  # fmt: skip


async def test_a_sender_that_leaves_while_its_tenants_spool_is_opened_does_not_keep_it_shut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, has_left = threading.Event(), threading.Event()

    def open_slowly(*given: Any, **named: Any) -> Spool:
        spool = Spool(*given, **named)
        opened.set()
        has_left.wait(10)
        return spool

    monkeypatch.setattr(outlets_module, "Spool", open_slowly)
    outlets = Outlets(settings_of(tmp_path))
    running = asyncio.create_task(outlets.run())
    await outlets.ready.wait()
    leaving = asyncio.create_task(outlets.of("shop"))
    await until_true(opened.is_set)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    another = asyncio.create_task(outlets.of("shop"))
    await asyncio.sleep(0)
    has_left.set()
    assert (await another).tenant == "shop"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    outlets.close()


async def test_a_receiver_whose_spool_another_process_has_opens_no_door(tmp_path: Path) -> None:
    held = Spool(tmp_path / "tenant=shop", max_bytes=128 << 20, retain_seconds=60)
    held.hold(columns_of([b"kept"]))
    receiver = Receiver(settings_of(tmp_path))
    with pytest.raises(ExceptionGroup):
        await receiver.run(asyncio.Event())
    assert not receiver.started.is_set()
    held.close()


async def test_a_spool_that_cannot_be_opened_holds_up_its_own_tenant_alone_and_is_tried_again(
    processor: RunningProcessor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unopened, "_AGAIN_SECONDS", 0.1)
    monkeypatch.setattr(outlets_module, "_LOOK_SECONDS", 0.05)
    spools = tmp_path / "log-receiver-0"
    for folder in ("own", "tenant=shop"):
        spool = Spool(spools / folder, max_bytes=128 << 20, retain_seconds=60)
        spool.hold(columns_of([folder.encode()]))
        spool.close()
    (spools / "own" / "lock").unlink()
    (spools / "own" / "lock").mkdir()
    async with running_receiver(processor.target, tmp_path) as receiver, aiohttp.ClientSession() as session:
        assert PRODUCER.get_sample_value("logmesh_spools_unavailable") == 1
        async with session.post(f"{receiver.http}/lines", data=b"held off") as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
            assert "can't open the spool" in await answer.text()
        await receiver.all_committed()
        assert await processor.bodies() == ["tenant=shop"]
        (spools / "own" / "lock").rmdir()

        async def stored() -> bool:
            return sorted(await processor.bodies()) == ["own", "tenant=shop"]

        await until(stored)  # though nobody asks for it
        assert PRODUCER.get_sample_value("logmesh_spools_unavailable") == 0
        async with session.post(f"{receiver.http}/lines", data=b"taken") as answer:
            assert answer.status == 200


async def test_a_receiver_that_stops_with_a_spool_that_it_could_not_open_says_that_something_is_left(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    for folder in ("own", "tenant=shop"):
        spool = Spool(tmp_path / folder, max_bytes=128 << 20, retain_seconds=60)
        spool.hold(columns_of([b"kept"]))
        spool.close()
    held = Spool(tmp_path / "tenant=away", max_bytes=128 << 20, retain_seconds=60)
    held.hold(columns_of([b"kept"]))
    stop = asyncio.Event()
    stop.set()
    settings = settings_of(tmp_path).model_copy(update={"target": processor.target})
    assert await produce(settings, stop) == EXIT_LEFT
    assert sorted(await processor.bodies()) == ["kept", "kept"]
    held.close()
    assert await produce(settings, stop) == 0
    assert await processor.bodies() == ["kept"] * 3


async def test_a_spool_with_what_this_release_does_not_know_can_be_opened_once_it_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed opening lets the folder go."""
    monkeypatch.setattr(unopened, "_AGAIN_SECONDS", 0.0)
    monkeypatch.setattr(outlets_module, "_LOOK_SECONDS", 0.05)
    for folder in ("own", "tenant=shop"):
        spool = Spool(tmp_path / folder, max_bytes=128 << 20, retain_seconds=60)
        spool.hold(columns_of([b"kept"]))
        spool.close()
    outlets = Outlets(settings_of(tmp_path))
    with monkeypatch.context() as newer:
        newer.setattr(spool_module, "load_json", lambda text: {"a newer release's": text})
        running = asyncio.create_task(outlets.run())
        with pytest.raises(ExceptionGroup):
            await running
    running = asyncio.create_task(outlets.run())
    await outlets.ready.wait()
    assert outlets.uncommitted_records() == 2
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    outlets.close()
