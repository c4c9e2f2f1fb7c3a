"""Work in steps: how long each takes, which one is overdue, and where it stands when it is.

A step that hangs says nothing by itself. So a thread, which turns even when the event loop does not, writes the stacks of all
threads and tasks to the log as soon as a step is overdue.
"""

import asyncio
import contextlib
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from types import FrameType

import structlog
from prometheus_client import Histogram

log = structlog.get_logger()

_LOOK_SECONDS = 1.0
_STACK_CHARACTERS = 20_000


@dataclass(slots=True)
class _Step:
    name: str
    began: float
    due: float
    told: bool = False


class Steps:
    """The steps that are under way. `seconds` takes how long each took, by its name; `begin` may be called on any thread."""

    def __init__(self, seconds: Histogram) -> None:
        self._seconds = seconds
        self._numbers = count()
        self._running: dict[int, _Step] = {}
        self._stopped = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    @contextlib.contextmanager
    def step(self, name: str, due_seconds: float) -> Iterator[None]:
        """Measure the body; after `due_seconds` it counts as overdue."""
        began, number = time.monotonic(), next(self._numbers)
        self._running[number] = _Step(name, began, began + due_seconds)
        try:
            yield
        finally:
            del self._running[number]
            self._seconds.labels(name).observe(time.monotonic() - began)

    def overdue_seconds(self) -> float:
        """How long the step that is overdue the longest has taken until now; 0 while all are in time."""
        now = time.monotonic()
        return max((now - step.began for step in list(self._running.values()) if now > step.due), default=0.0)

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Look after the steps of the running event loop until the body ends."""
        self._loop = asyncio.get_running_loop()
        self._stopped.clear()
        watchdog = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        watchdog.start()
        try:
            yield
        finally:
            self._stopped.set()
            watchdog.join()

    def _watch(self) -> None:
        while not self._stopped.wait(_LOOK_SECONDS):
            now = time.monotonic()
            for step in list(self._running.values()):
                if now > step.due and not step.told:
                    step.told = True
                    log.error(
                        "a step takes too long; this is where everything stands",
                        event_name="step_overdue",
                        step=step.name,
                        seconds=round(now - step.began, 1),
                        stacks=stacks(self._loop),
                    )


def stacks(loop: asyncio.AbstractEventLoop | None) -> str:
    """Where each thread and each task of `loop` stands, without any value."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    parts = [
        f"thread {names.get(ident, ident)}:\n{''.join(traceback.format_stack(frame))}"
        for ident, frame in sys._current_frames().items()
        if ident != threading.get_ident()
    ]
    for task in asyncio.all_tasks(loop) if loop is not None else ():
        frames = "".join("".join(traceback.format_stack(frame, 1)) for frame in _frames(task))
        parts.append(f"task {task.get_name()}:\n{frames}")
    return "\n".join(parts)[:_STACK_CHARACTERS]


def _frames(task: "asyncio.Task[object]") -> Iterator[FrameType]:
    """From the task's outermost call to what it waits for. `Task.get_stack` knows the outermost call alone."""
    waits: object = task.get_coro()
    while waits is not None:
        kind = next((kind for kind in ("cr", "gi", "ag") if hasattr(waits, f"{kind}_frame")), None)
        if kind is None:
            return
        if (frame := getattr(waits, f"{kind}_frame")) is not None:
            yield frame
        waits = getattr(waits, "gi_yieldfrom" if kind == "gi" else f"{kind}_await")
