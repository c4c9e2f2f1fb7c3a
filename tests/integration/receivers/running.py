"""A receiver inside the test's own event loop, with real ports and a real spool."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.waiting import until_true

from logmesh.cli.local.ports import free_port
from logmesh.producer.receivers.receive import Receiver
from logmesh.producer.settings import ProducerSettings


@dataclass
class RunningReceiver:
    """Where a receiver is reached, by door."""

    settings: ProducerSettings
    receiver: Receiver
    stop: asyncio.Event
    """Once set, the receiver takes nothing more and sends what it has; the end of the body sets it, too."""

    @property
    def otlp(self) -> str:
        """Its address for OTLP over gRPC."""
        return f"{self.settings.listen_address}:{self.settings.otlp_port}"

    @property
    def http(self) -> str:
        """Its address for all that comes over HTTP."""
        return f"http://{self.settings.listen_address}:{self.settings.http_port}"

    @property
    def syslog(self) -> tuple[str, int]:
        """Host and port of syslog over UDP and TCP."""
        return self.settings.listen_address, self.settings.syslog_port

    async def all_committed(self) -> None:
        """Wait until the database has all that it took."""
        await until_true(lambda: self.receiver.uncommitted_records() == 0)


@contextlib.asynccontextmanager
async def running_receiver(
    target: str, folder: Path, name: str = "log-receiver-0", **overrides: Any
) -> AsyncIterator[RunningReceiver]:
    """Run a receiver that sends to `target` until the body ends. `overrides` are settings."""
    settings = ProducerSettings(
        **{
            "name": name,
            "source": "receive",
            "target": target,
            "listen_address": "127.0.0.1",
            "spool_dir": folder / name,
            "otlp_port": free_port(),
            "http_port": free_port(),
            "syslog_port": 0,
            "syslog_tls_port": 0,
            "metrics_port": 0,
            "drain_seconds": 5,
            **overrides,
        }
    )
    stop = asyncio.Event()
    receiver = Receiver(settings)
    running = asyncio.create_task(receiver.run(stop))
    try:
        await asyncio.wait({running, asyncio.create_task(receiver.started.wait())}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        yield RunningReceiver(settings, receiver, stop)
    finally:
        stop.set()
        await asyncio.wait_for(running, settings.drain_seconds + 30)
