"""`logmesh` run to its end, in a process of its own that is forked from one that has imported it: a tenth of an interpreter's CPU.

It has an environment, standard streams and an exit code as any process. That a command needs no more than it imports by itself is seen
where an interpreter runs it, which some test does for each.
"""

import contextlib
import functools
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn

from scripts.node import ROOT
from tests.forked import code_of, take_streams

from logmesh.cli.local.children import die_with_parent

_IMPORTED: Final = ("logmesh.cli.main", "logmesh.cli.ship")
_MOST_BYTES: Final = 1 << 17
"""Of an order: arguments and an environment."""
_LOCK: Final = threading.Lock()


def run(
    *arguments: str, text: str = "", environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``logmesh ARGUMENTS`` with this on standard input, and in this environment and folder or the test's."""
    variables = dict(os.environ if environment is None else environment)
    order = json.dumps([arguments, variables, str(folder or Path.cwd())]).encode()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error:
        heard, said = os.pipe()
        ended, ends = os.pipe()
        with _LOCK:
            socket.send_fds(_warm()[0], [order], [heard, out.fileno(), error.fileno(), ends])
        os.close(heard)
        os.close(ends)
        with contextlib.suppress(BrokenPipeError), os.fdopen(said, "w", encoding="utf-8") as stdin:
            stdin.write(text)
        with os.fdopen(ended, "rb") as status:
            code = status.read()
        out.seek(0)
        error.seek(0)
        assert code, f"logmesh {arguments} was killed: {error.read().decode()}"
        return subprocess.CompletedProcess(arguments, code[0], out.read().decode(), error.read().decode())


@functools.cache
def _warm() -> "tuple[socket.socket, subprocess.Popen[bytes]]":
    """Where it takes orders, and the process to fork from, which ends with this one."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        command = [sys.executable, "-m", "tests.commands", str(theirs.fileno())]
        null = subprocess.DEVNULL
        return ours, subprocess.Popen(command, pass_fds=[theirs.fileno()], cwd=ROOT, stdin=null, stdout=null)


def _serve(orders: socket.socket) -> NoReturn:
    """Fork a process for each order."""
    for module in _IMPORTED:
        importlib.import_module(module)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits: each says by itself how it ended
    while True:
        order, streams, _, _ = socket.recv_fds(orders, _MOST_BYTES, 4)
        if not order:
            sys.exit()
        if not os.fork():
            orders.close()
            _become(order, streams)
        for stream in streams:
            os.close(stream)


def _become(order: bytes, streams: list[int]) -> NoReturn:
    """In the fork: be the command to its end."""
    from logmesh.cli.main import main

    die_with_parent(signal.SIGTERM)()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *standard, status = streams
    take_streams(standard)
    arguments, environment, folder = json.loads(order)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv = ["logmesh", *arguments]
    sys.modules["__main__"].__package__ = None  # else usage would name this module
    code = code_of(main)
    os.write(status, bytes([code]))
    os._exit(code)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
