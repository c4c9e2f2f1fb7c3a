"""A host in a network of its own that can vanish: not a packet of it comes any more, and none says so."""

import contextlib
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

from tests.needs import missing, require

_OURS, _THEIRS, _PREFIX = "10.213.7.1", "10.213.7.2", 30
_FORWARD = """
import asyncio, sys

async def pump(source, sink):
    while data := await source.read(1 << 16):
        sink.write(data)
        await sink.drain()

async def accept(reader, writer):
    far_reader, far_writer = await asyncio.open_unix_connection(sys.argv[3])
    await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer), return_exceptions=True)

async def main():
    server = await asyncio.start_server(accept, sys.argv[1], int(sys.argv[2]))
    print("listening", flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


class VanishingHost:
    """Takes connections at `address` for the server whose Unix socket is at a path; `vanish`, and `appear` again."""

    def __init__(self, namespace: str, port: int) -> None:
        self._namespace = namespace
        self.address = f"{_THEIRS}:{port}"

    def vanish(self) -> None:
        """Answer nothing more; what is sent there arrives all the same, so that nobody on the way complains."""
        _ip("-n", self._namespace, "route", "add", "blackhole", f"{_OURS}/32")

    def appear(self) -> None:
        """Answer again."""
        _ip("-n", self._namespace, "route", "del", "blackhole", f"{_OURS}/32")


@contextlib.contextmanager
def vanishing_host(socket_path: Path, port: int) -> Iterator[VanishingHost]:
    """Make the host and remove it; the test is skipped where that can't be done."""
    require("network namespaces")
    namespace = f"logmesh-{uuid.uuid4().hex[:8]}"
    near, far = f"lm{namespace[-6:]}a", f"lm{namespace[-6:]}b"
    try:
        _ip("netns", "add", namespace)
    except subprocess.CalledProcessError:
        missing("network namespaces")
    try:
        _ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", namespace)
        _ip("address", "add", f"{_OURS}/{_PREFIX}", "dev", near)
        _ip("link", "set", near, "up")
        _ip("-n", namespace, "address", "add", f"{_THEIRS}/{_PREFIX}", "dev", far)
        _ip("-n", namespace, "link", "set", far, "up")
        command = [
            "ip",
            "netns",
            "exec",
            namespace,
            sys.executable,
            "-c",
            _FORWARD,
            _THEIRS,
            str(port),
            str(socket_path),
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as forwarder:
            try:
                assert forwarder.stdout is not None and forwarder.stdout.readline()
                yield VanishingHost(namespace, port)
            finally:
                forwarder.kill()
    finally:
        _ip("netns", "delete", namespace)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
