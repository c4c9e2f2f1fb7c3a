"""A runner whose terminal is closed, or whose log's disk is full: its parts go on, and those that die come back."""

import asyncio
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from tests import waiting

from logmesh.cli.local.certificates import ensure_certificates
from logmesh.cli.local.components import PythonProcess
from logmesh.cli.local.output import Output
from logmesh.cli.local.plan import Program
from logmesh.cli.local.ports import free_port
from logmesh.cli.local.supervisor import Supervisor

TALKER = """
import json, os, socket, time

server = socket.create_server(("127.0.0.1", int(os.environ["LOGMESH_PORT"])))
for line in range(10_000):
    print(json.dumps({"event": "it goes on", "lone": "\\ud800", "much": "x" * 100_000}), flush=True)
    with open(os.environ["LOGMESH_SAID"], "w") as said:
        said.write(f"{os.getpid()} {line} ")
    time.sleep(0.01)
"""
"""A part that notes its process's id, and how many lines it has got rid of."""
BUFFERED_LINES = 30
"""More than a pipe and who reads it hold."""


def closed_terminal(_: Path) -> tuple[int, Callable[[], None]]:
    """A descriptor to write to, and what has nobody read it any more."""
    ours, theirs = os.openpty()
    return theirs, read_until_closed(ours)


def closed_pipe(_: Path) -> tuple[int, Callable[[], None]]:
    ours, theirs = os.pipe()
    return theirs, read_until_closed(ours)


def full_disk(folder: Path) -> tuple[int, Callable[[], None]]:
    """A file, in whose place comes a device that is full."""
    descriptor = os.open(folder / "up.log", os.O_WRONLY | os.O_CREAT)

    def fill() -> None:
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, descriptor)
        os.close(full)

    return descriptor, fill


def read_until_closed(descriptor: int) -> Callable[[], None]:
    """Read it in a thread, for a terminal holds little; what is returned ends that and closes it."""
    closing = threading.Event()

    def read() -> None:
        while not closing.is_set():
            if select.select([descriptor], [], [], 0.05)[0]:
                os.read(descriptor, 1 << 16)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()

    def close() -> None:
        closing.set()
        reader.join()
        os.close(descriptor)

    return close


@pytest.mark.parametrize("lost", [closed_terminal, closed_pipe, full_disk])
async def test_parts_go_on_and_come_back_when_nothing_can_be_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: Callable[[Path], tuple[int, Callable[[], None]]]
) -> None:
    (tmp_path / "talker.py").write_text(TALKER)
    monkeypatch.setitem(os.environ, "PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    monkeypatch.setattr("logmesh.cli.local.components.GIVEN", dict(os.environ))
    port, said = free_port(), tmp_path / "said"
    program = Program(
        "talker", "talker", {"LOGMESH_PORT": str(port), "LOGMESH_SAID": str(said)}, (("127.0.0.1", port),), None
    )

    def state() -> list[int]:
        return [int(word) for word in said.read_text().split()] or [0, 0]

    descriptor, lose = lost(tmp_path)
    # Line by line, so that nothing is left for the file's end.
    with open(descriptor, "w", buffering=1) as file:  # noqa: PTH123 - a descriptor
        output = Output(file)
        supervisor = Supervisor(output.say)
        operator = ensure_certificates(tmp_path / "certificates")["operator"]
        try:
            await supervisor.start([PythonProcess(program, operator, output.child)])
            await waiting.until_true(said.exists)
            lose()
            pid, before = state()
            await waiting.until_true(lambda: state()[1] > before + BUFFERED_LINES)
            os.kill(pid, signal.SIGKILL)
            await waiting.until_true(lambda: state()[0] not in (0, pid))
        finally:
            async with asyncio.timeout(20):
                await supervisor.stop(asyncio.Event())
            with suppress(OSError):
                file.close()
