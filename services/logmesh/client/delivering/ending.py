"""When this process ends: what its appenders still hold is waited for, however the process comes to its end.

An ordinary end runs `atexit`. A child of `multiprocessing` ends by `os._exit`, after finalizers of its own; a worker of a pool is
sent SIGTERM. `os._exit` and SIGKILL leave no time for anything.
"""

import atexit
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

_LAST: Final = -1_000
"""Priority of a finalizer that runs after those of queues and managers, which may log."""


class Ending:
    """Calls `finish`, which takes the time at which the end began, at each of the ends that leave time for it."""

    def __init__(self, finish: Callable[[float], None]) -> None:
        self._finish = finish
        self._finalizer: Any = None
        self._watching = False
        atexit.register(self._run)

    def watch_children(self) -> None:
        """To be called for each new appender, and in each forked child, where `multiprocessing` begins only afterwards."""
        # A program that has children of it has imported it; one that has none need not, for this.
        util = sys.modules.get("multiprocessing.util")
        if util is None:
            return
        # A child forgets the finalizers that it was forked with, and those of its imports, and then calls these.
        if not self._watching:
            util.register_after_fork(self, Ending._arm)
            self._watching = True
        self._arm()

    def _arm(self) -> None:
        from multiprocessing import current_process, parent_process
        from multiprocessing.util import Finalize

        # While a spawned child imports its main module, it does not know its parent yet.
        is_child = parent_process() is not None or getattr(current_process(), "_inheriting", False)
        if not is_child or (self._finalizer is not None and self._finalizer.still_active()):
            return
        self._finalizer = Finalize(None, self._run, exitpriority=_LAST)
        ours = threading.current_thread() is threading.main_thread()
        if ours and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self._terminated)

    def _terminated(self, number: int, frame: FrameType | None) -> None:
        self._run()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def _run(self) -> None:
        self._finish(time.monotonic())
