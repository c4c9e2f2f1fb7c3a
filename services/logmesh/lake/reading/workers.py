"""Processes that read files, one statement each at a time. Few questions cost what their process does: so they are few, and are kept.

A process of its own, because DuckDB can't always be interrupted: whoever stops a statement waits for a tenth of a second, and then the
process is ended. It is bounded in memory, where ours is everybody's.
"""

import asyncio
import os
import pickle
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Final

import pyarrow as pa

from logmesh.lake.reading import frames
from logmesh.lake.reading.errors import AllBusy, ReadError, WorkerLost
from logmesh.lake.reading.statement import Statement

STOP_SECONDS: Final = 0.1
WAIT_SECONDS: Final = 2.0
_START_SECONDS: Final = 30.0
_MODULE: Final = "logmesh.lake.reading.worker"
_NEEDED: Final = ("PATH", "LANG", "LC_", "TZ", "PYTHON", "LD_", "MALLOC_")
"""How names begin of variables that a process gets: ours has passwords among the others."""


class Workers:
    """Up to `most` processes, each started when it is first needed, that read the files below `folder`.

    One that is to stop has `stop_seconds` to become ready for another statement. A statement waits for one for `wait_seconds`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        most: int = 2,
        memory_mib: int = 192,
        stop_seconds: float = STOP_SECONDS,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._folder, self._memory_mib, self._stop_seconds = folder, memory_mib, stop_seconds
        self._wait_seconds = wait_seconds
        self._room = asyncio.Semaphore(most)
        self._idle: list[_Worker] = []
        self._stopping: set[asyncio.Task[None]] = set()

    async def run(self, statement: Statement) -> AsyncGenerator[pa.RecordBatch, None]:
        """Yield what a statement finds, at least one batch. Closing it, or cancelling who waits, stops the work. Raises ReadError."""
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._room.acquire()
        except TimeoutError as error:
            raise AllBusy("every process that reads files has a question") from error
        worker: _Worker | None = None
        try:
            while self._idle and not self._idle[-1].is_alive:
                await self._idle.pop().kill()
            worker = self._idle.pop() if self._idle else await _Worker.start(self._folder, self._memory_mib)
            async with aclosing(worker.run(statement)) as batches:
                async for batch in batches:
                    yield batch
        finally:
            if worker is None or (worker.is_alive and not worker.is_running):
                self._take_back(worker)
            else:
                # In a task of its own: the caller may be cancelled, and need not wait.
                task = asyncio.create_task(self._stop(worker))
                self._stopping.add(task)
                task.add_done_callback(self._stopping.discard)

    async def fetch(self, statement: Statement) -> pa.Table:
        """All that a statement finds. Raises ReadError."""
        async with aclosing(self.run(statement)) as batches:
            return pa.Table.from_batches([batch async for batch in batches])

    @property
    def idle(self) -> list[int]:
        """The processes that wait for a statement, by their ids; the last one gets the next."""
        return [worker.pid for worker in self._idle if worker.is_alive]

    async def close(self) -> None:
        """End the processes. Nothing may run any more."""
        await asyncio.gather(*self._stopping)
        while self._idle:
            await self._idle.pop().kill()

    def _take_back(self, worker: "_Worker | None") -> None:
        if worker is not None:
            self._idle.append(worker)
        self._room.release()

    async def _stop(self, worker: "_Worker") -> None:
        if await worker.stop(self._stop_seconds):
            self._take_back(worker)
        else:
            await worker.kill()
            self._take_back(None)


class _Worker:
    """One process; `is_running` from the statement that it got until the end of its answer."""

    def __init__(
        self, process: "subprocess.Popen[bytes]", reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._process, self._reader, self._writer = process, reader, writer
        self.is_running = True

    @classmethod
    async def start(cls, folder: Path, memory_mib: int) -> "_Worker":
        """Start a process, and wait until it is ready. Raises WorkerLost."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                # Not by the event loop, which may fork: of a fork gRPC knows, and begins threads in it, which may crash before the
                # other program is there.
                process = subprocess.Popen(  # noqa: ASYNC220  # takes a millisecond
                    [sys.executable, "-m", _MODULE, str(theirs.fileno()), str(folder), str(memory_mib)],
                    pass_fds=[theirs.fileno()],
                    env={name: value for name, value in os.environ.items() if name.startswith(_NEEDED)},
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,  # what a terminal sends to all of a group is not for it
                )
        except OSError as error:
            ours.close()
            raise WorkerLost("a process that reads files can't be started") from error
        worker = cls(process, *await asyncio.open_connection(sock=ours))
        try:
            async with asyncio.timeout(_START_SECONDS):
                await worker._read()  # ready
        except BaseException as error:
            await worker.kill()
            if isinstance(error, TimeoutError):
                raise WorkerLost("a process that reads files did not start in time") from error
            raise
        worker.is_running = False
        return worker

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process has not ended, as far as is known."""
        return self._process.poll() is None and not self._reader.at_eof() and self._reader.exception() is None

    async def run(self, statement: Statement) -> AsyncGenerator[pa.RecordBatch, None]:
        """Yield what a statement finds. Raises ReadError."""
        self.is_running = True
        self._writer.write(frames.frame(frames.ASK, pickle.dumps(statement)))
        while True:
            kind, content = await self._read()
            if kind == frames.BATCH:
                with pa.ipc.open_stream(content) as stream:
                    for batch in stream:
                        yield batch
                continue
            self.is_running = False
            if kind == frames.ERROR:
                error: ReadError = pickle.loads(content)  # noqa: S301  # from a process that we started
                raise error
            return

    async def stop(self, seconds: float) -> bool:
        """Stop what runs, within so many seconds. Tells whether the process can go on with another statement."""
        try:
            async with asyncio.timeout(seconds):
                self._writer.write(frames.frame(frames.STOP))
                while (await self._read())[0] == frames.BATCH:
                    pass
        except (TimeoutError, WorkerLost):
            return False
        self.is_running = False
        return True

    async def kill(self) -> None:
        """End the process, and wait for it."""
        self._process.kill()
        self._writer.close()
        await asyncio.to_thread(self._process.wait)

    async def _read(self) -> tuple[int, bytes]:
        """The next frame. Raises WorkerLost."""
        try:
            length, kind = frames.HEAD.unpack(await self._reader.readexactly(frames.HEAD.size))
            return kind, await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, OSError) as error:
            raise WorkerLost("a process that reads files ended while it was needed") from error
