"""Processes of Logmesh for clusters that kill many: each is forked from one that has imported everything, and starts in a tenth of
the CPU that an interpreter takes. One of another release needs an interpreter of its own.
"""

import ctypes
import functools
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Protocol

from tests.faults import power
from tests.forked import code_of

_IMPORTED = [
    *(f"logmesh.{program}.__main__" for program in ("processor", "producer", "keeper")),
    "logmesh.processor.writer.lake",
    "tests.faults.processes",
]


@functools.cache
def programs() -> ForkServerContext:
    """Whence all processes of these tests are forked: a test process has one such server. The shim is preloaded there, and does
    nothing in a process that was not told to use it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_IMPORTED)
    if (library := power.shim()) is not None:
        os.environ["LD_PRELOAD"] = str(library)
    try:
        forkserver.ensure_running()
    finally:
        os.environ.pop("LD_PRELOAD", None)
    return context


class Running(Protocol):
    """What tests do with a process; `subprocess.Popen` has it all."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int) -> None: ...
    def kill(self) -> None: ...


def start(module: str, environment: Mapping[str, str], output: Path) -> Running:
    """Run ``python -m MODULE`` with this environment and no other; what it says is appended to `output`."""
    if "PYTHONPATH" in environment:
        with output.open("ab") as out:
            command = [sys.executable, "-m", module]
            return subprocess.Popen(command, env=environment, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    return Forked(module, environment, output)


class Forked:
    """A process that was forked, as `subprocess.Popen` would have it."""

    def __init__(self, module: str, environment: Mapping[str, str], output: Path) -> None:
        self._process = programs().Process(target=_run, args=(module, dict(environment), output))
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0)
        return self._process.exitcode

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _run(module: str, environment: dict[str, str], output: Path) -> None:
    """In the fork: become the program, to its very end or that of the tests."""
    threading.Thread(target=_end_with_tests, daemon=True).start()
    os.environ.clear()
    os.environ.update(environment)
    if "LD_PRELOAD" in environment:
        ctypes.CDLL(environment["LD_PRELOAD"]).power_loss_begin()
    with output.open("ab", buffering=0) as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    sys.argv = [module]
    os._exit(code_of(lambda: runpy.run_module(module, run_name="__main__")))


def _end_with_tests() -> None:
    tests = multiprocessing.parent_process()
    assert tests is not None
    tests.join()
    os._exit(1)
