"""Child processes that never outlive the runner, and never see the terminal's Ctrl-C before the runner does."""

import ctypes
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

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
