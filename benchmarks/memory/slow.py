"""A database that is slow: behind a line that lets so many bytes a second through, or with a pause in each flush."""

import asyncio
import threading
import time

import asyncpg
import uvloop

_READ_BYTES = 64 << 10


class ThinLine:
    """A TCP proxy on loopback in a thread of its own. `rate` is in bytes a second from clients to the server, all of them together; 0
    is as fast as it goes."""

    def __init__(self, target: int) -> None:
        self.rate = 0.0
        self.port = 0
        self._target = target
        self._free_at = 0.0
        self._listens = threading.Event()
        threading.Thread(target=lambda: uvloop.run(self._serve()), name="thin line", daemon=True).start()
        self._listens.wait(10)

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._listens.set()
        await server.serve_forever()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            other_reader, other_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(self._pump(reader, other_writer, thin=True), self._pump(other_reader, writer, thin=False))

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, thin: bool) -> None:
        try:
            while data := await source.read(_READ_BYTES):
                if thin and self.rate:
                    # One line for all: whoever comes later waits for those that came before.
                    self._free_at = max(self._free_at, time.monotonic()) + len(data) / self.rate
                    await asyncio.sleep(self._free_at - time.monotonic())
                sink.write(data)
                await sink.drain()
        except OSError:
            pass
        finally:
            sink.transport.abort()


async def pause_in_each_flush(dsn: str, seconds: float) -> None:
    """Have each flush sleep where it notes what it stored, as a database does whose disk is slow; 0: not any more."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("DROP TRIGGER IF EXISTS slow ON logmesh.flushes")
        if seconds:
            await connection.execute(
                "CREATE OR REPLACE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS"
                f" $$BEGIN PERFORM pg_sleep({float(seconds)}); RETURN NULL; END$$"
            )
            await connection.execute(
                "CREATE TRIGGER slow BEFORE INSERT ON logmesh.flushes FOR EACH STATEMENT EXECUTE FUNCTION public.slow()"
            )
    finally:
        await connection.close()
