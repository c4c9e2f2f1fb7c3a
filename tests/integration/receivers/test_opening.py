"""A tenant's spool is opened once, whoever asked for it first, and a receiver takes nothing before its spools are there."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.waiting import until_true

from logmesh.client.delivering.spool import Spool
from logmesh.producer.receivers import outlets as outlets_module
from logmesh.producer.receivers.outlets import Outlets
from logmesh.producer.receivers.receive import Receiver
from logmesh.producer.settings import ProducerSettings


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
    receiver = Receiver(settings_of(tmp_path))
    with pytest.raises(ExceptionGroup):
        await receiver.run(asyncio.Event())
    assert not receiver.started.is_set()
    held.close()
