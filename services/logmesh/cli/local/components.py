"""One running part of the system, as the supervisor sees it: start, wait for its end, stop."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from logmesh.cli import GIVEN
from logmesh.cli.local.certificates import WorkloadFiles
from logmesh.cli.local.children import Child, Process, spawn
from logmesh.cli.local.envoy import Envoy
from logmesh.cli.local.errors import LocalError
from logmesh.cli.local.plan import Program
from logmesh.cli.local.postgres import Postgres
from logmesh.cli.local.prefork import Preforked
from logmesh.cli.local.probes import accepts, serves
from logmesh.cli.local.redis import Redis
from logmesh.runtime.server import LIVENESS

READY_SECONDS = 60.0
POLL_SECONDS = 0.05
# The edge logs each request, and nobody rotates files on a laptop.
MAX_LOG_BYTES = 64 << 20


class Component(Protocol):
    """What the supervisor keeps running."""

    name: str

    async def start(self) -> None:
        """Start it and return when it is ready. Raises LocalError when it doesn't become so."""

    async def ended(self) -> int:
        """Wait for its end; return its exit status, negative for a signal."""

    async def stop(self, *, now: bool) -> None:
        """Let it drain and stop, or kill it; return when it is gone."""


class PythonProcess:
    """A process of Logmesh itself; its output goes to `show`, line by line."""

    def __init__(
        self,
        program: Program,
        tls: WorkloadFiles,
        show: Callable[[str, str], None],
        preforked: Preforked | None = None,
    ) -> None:
        """`preforked` becomes the first run of it; whatever follows is an interpreter of its own."""
        self.name = program.name
        self._program, self._tls, self._show, self._preforked = program, tls, show, preforked
        self._child: Child | None = None
        self._reader: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """See Component."""
        process, output = self._begin()
        self._child = Child(process)
        self._reader = asyncio.create_task(self._read(output))
        began = looked = time.monotonic()
        while not await self._ready():
            if self._child.status is not None:
                await self._reader
                raise LocalError(f"{self.name} stopped while starting; its last lines are above")
            if time.monotonic() - looked > READY_SECONDS:
                # A migration, or a recovery of the database, takes its time: it would begin anew if this were killed.
                if not await self._lives():
                    raise LocalError(f"{self.name} was not ready after {READY_SECONDS:.0f} s")
                looked = time.monotonic()
                self._show(self.name, f"not ready after {looked - began:.0f} s, but alive: it is waited for")
            await asyncio.sleep(POLL_SECONDS)

    async def ended(self) -> int:
        """See Component."""
        if self._child is None or self._reader is None:
            raise AssertionError("it was not started")
        status = await self._child.ended()
        await self._reader
        return status

    async def stop(self, *, now: bool) -> None:
        """See Component."""
        if self._child is None or self._child.status is not None:
            return
        self._child.send_signal(signal.SIGKILL if now else signal.SIGTERM)
        await self.ended()

    def _begin(self) -> tuple[Process, int]:
        """Start it; return it and the descriptor of what it says."""
        environment = child_environment(GIVEN, self._program.environment)
        preforked, self._preforked = self._preforked, None
        if preforked is not None:
            try:
                preforked.become(self._program.module, self.name, environment)
            except BrokenPipeError:
                preforked.dismiss()
            else:
                return preforked, preforked.output
        output, said = os.pipe()
        try:
            return spawn([sys.executable, "-m", self._program.module], output=said, environment=environment), output
        except OSError:
            os.close(output)
            raise
        finally:
            os.close(said)

    async def _ready(self) -> bool:
        if self._program.health is None:
            return all([await accepts(*address) for address in self._program.ports])
        return await serves(self._program.health[0], self._tls, self._program.health[1])

    async def _lives(self) -> bool:
        if self._program.health is None:
            return False
        return await serves(self._program.health[0], self._tls, self._program.health[1], LIVENESS)

    async def _read(self, output: int) -> None:
        reader = asyncio.StreamReader(limit=1 << 20)
        protocol = asyncio.StreamReaderProtocol(reader)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(output, "rb", buffering=0))
        while True:
            try:
                line = await reader.readline()
            except ValueError:  # longer than the limit; what was read of it is gone
                line = b"(a line of more than 1 MiB)\n"
            if not line:
                return
            if text := line.decode(errors="replace").rstrip():
                self._show(self.name, text)


def child_environment(inherited: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """A process's environment: the person's, without what their shell sets for another Logmesh, and its own.

    Unless the person says otherwise, gRPC's core is quiet, as in images: it has a line about each peer that speaks another
    protocol, and what fails on a call is raised and logged anyway.
    """
    kept = {key: value for key, value in inherited.items() if not key.startswith("LOGMESH_")}
    return {"GRPC_VERBOSITY": "NONE", **kept, "LOGMESH_LOG_FORMAT": "json", **own}


def keep_small(log: Path, max_bytes: int = MAX_LOG_BYTES) -> None:
    """Begin a log anew that has grown beyond `max_bytes`; whoever writes it appends."""
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > max_bytes:
            os.truncate(log, 0)


class Server:
    """PostgreSQL, Redis or Envoy."""

    def __init__(self, name: str, server: Postgres | Redis | Envoy) -> None:
        self.name = name
        self._server = server

    async def start(self) -> None:
        """See Component."""
        self._server.spawn()
        patience = self._server.ready_seconds
        deadline = time.monotonic() + patience
        while not self._server.ready():
            if time.monotonic() > deadline:
                raise LocalError(f"{self.name} was not ready after {patience:.0f} s; see {self._server.log_path}")
            await asyncio.sleep(POLL_SECONDS)

    async def ended(self) -> int:
        """See Component."""
        process = self._server.process
        if process is None:
            raise AssertionError("it was not started")
        while (status := process.poll()) is None:
            keep_small(self._server.log_path)
            await asyncio.sleep(0.2)
        return status

    async def stop(self, *, now: bool) -> None:
        """See Component. PostgreSQL recovers from its log after a kill."""
        if now and (process := self._server.process) is not None:
            process.send_signal(signal.SIGQUIT if isinstance(self._server, Postgres) else signal.SIGKILL)
        await asyncio.to_thread(self._server.stop)
