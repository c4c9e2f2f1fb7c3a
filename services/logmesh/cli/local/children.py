"""Child processes that never outlive the runner, and never see the terminal's Ctrl-C before the runner does."""

import asyncio
import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol

from logmesh.cli.local.account import Account

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """What a child does between fork and exec, so that the kernel sends it `number` when the runner is killed."""

    def ask() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(number))

    return ask


def spawn(
    command: Sequence[str | Path],
    *,
    output: IO[bytes] | int,
    farewell: signal.Signals = signal.SIGTERM,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    account: Account | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own. `output` takes its standard output and error; `farewell` is the signal
    the kernel sends should this process die without stopping it; `account` is whom to run as.

    Raises OSError when the program can't be run.
    """
    return subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=directory,
        env=environment,
        start_new_session=True,
        # Only one system call happens there, so that threads of this process can't hold a lock it needs.
        preexec_fn=die_with_parent(farewell),  # noqa: PLW1509
        **(account.for_popen() if account else {}),
    )


class Process(Protocol):
    """A child of this process: a `subprocess.Popen`, or one that was forked."""

    @property
    def pid(self) -> int: ...
    def wait(self) -> int: ...


class Child:
    """A child as the running event loop sees it."""

    def __init__(self, process: Process) -> None:
        self.status: int | None = None
        """How it ended, negative for a signal; None while it runs."""
        self._process = process
        self._descriptor = os.pidfd_open(process.pid)
        self._loop = asyncio.get_running_loop()
        self._end: asyncio.Future[int] = self._loop.create_future()
        self._loop.add_reader(self._descriptor, self._reap)

    async def ended(self) -> int:
        """Wait for its end and return its status."""
        return await asyncio.shield(self._end)

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self.status is None:
            signal.pidfd_send_signal(self._descriptor, number)

    def _reap(self) -> None:
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)
        self.status = self._process.wait()
        self._end.set_result(self.status)
