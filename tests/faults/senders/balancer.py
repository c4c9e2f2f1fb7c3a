"""One address for several servers, as a Service is: ``python -m tests.faults.senders.balancer 4317 127.0.0.21:4317 127.0.0.22:4317``.

Each connection goes to the next server that lives, and ends with it. While none lives it waits, as it does at proxies that try again
to connect.
"""

import asyncio
import contextlib
import itertools
import sys
from collections.abc import Iterator

ADDRESS = "127.0.0.1"
_CHUNK = 1 << 16
_CONNECT_SECONDS = 10.0
_RETRY_SECONDS = 0.05


async def balance(port: int, servers: list[str]) -> None:
    """Take connections at `port` of the loopback until cancelled."""
    turn = itertools.count()

    async def connected() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with asyncio.timeout(_CONNECT_SECONDS):
            while True:
                for _ in servers:
                    host, _, far_port = servers[next(turn) % len(servers)].rpartition(":")
                    with contextlib.suppress(OSError):
                        return await asyncio.open_connection(host, int(far_port))
                await asyncio.sleep(_RETRY_SECONDS)

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await connected()
        except TimeoutError:
            writer.transport.abort()
            return
        pumps = [asyncio.create_task(_pump(reader, far_writer)), asyncio.create_task(_pump(far_reader, writer))]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for end in (writer, far_writer):
            end.close()  # which still sends what it holds
        for pump in pumps:
            pump.cancel()

    server = await asyncio.start_server(accept, ADDRESS, port, backlog=1_024)
    await server.serve_forever()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(_CHUNK):
            sink.write(data)
            await sink.drain()


def command(port: int, servers: Iterator[str]) -> list[str]:
    """Runs it as a process."""
    return [sys.executable, "-m", "tests.faults.senders.balancer", str(port), *servers]


if __name__ == "__main__":
    asyncio.run(balance(int(sys.argv[1]), sys.argv[2:]))
