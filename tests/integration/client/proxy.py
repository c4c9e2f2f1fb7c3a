"""A TCP proxy whose connections a test can cut or make fall silent, as a network does: without a word to either side's protocol."""

import asyncio
from types import TracebackType
from typing import Self


class CuttingProxy:
    """Forwards to `target` (``host:port``); its own address is `address`."""

    def __init__(self, target: str, refuse: int = 0) -> None:
        """The first `refuse` connections are aborted at once."""
        self._refuse = refuse
        host, _, port = target.rpartition(":")
        self._host, self._port = host, int(port)
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections = 0
        self.forwarded = 0
        self.address = ""
        self._silent: set[asyncio.StreamReader] = set()
        self._sources: set[asyncio.StreamReader] = set()
        self.answers = True  # new connections are forwarded; else they are accepted, and nothing comes of it

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Abort every connection."""
        for writer in self._writers:
            writer.transport.abort()

    def silence(self) -> None:
        """From now on nothing passes the connections there are, and none of them ends."""
        self._silent |= self._sources

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.connections <= self._refuse:
            writer.transport.abort()
            return
        if not self.answers:
            self._writers.add(writer)
            return
        try:
            other_reader, other_writer = await asyncio.open_connection(self._host, self._port)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, other_writer}
        self._sources |= {reader, other_reader}
        for source, sink in ((reader, other_writer), (other_reader, writer)):
            task = asyncio.create_task(self._pump(source, sink))
            self._tasks.add(task)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(1 << 16):
                if source in self._silent:
                    await asyncio.Event().wait()
                self.forwarded += len(data)
                sink.write(data)
                await sink.drain()
        except OSError:
            pass
        finally:
            sink.transport.abort()
