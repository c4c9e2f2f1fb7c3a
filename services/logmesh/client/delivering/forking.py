"""What must be done around `os.fork`: gRPC does not work in a child of a process that has a connection open.

`subprocess` forks in this sense with a `preexec_fn` alone; `multiprocessing` with its method `fork`, and prefork servers, do.

Starting and forking are one thread's at a time. Whoever forks waits for its turn; whoever starts does not: what it asks for is done by
the thread that has the turn, before that goes on. So a log call waits for no fork, and one in a signal's handler not for itself.
"""

# What is registered last runs first before a fork. Logging and the pools of threads take their locks then, which a thread
# that is to come to its end may need: they are imported, and so registered, before this module registers itself.
import concurrent.futures.thread  # noqa: F401
import contextlib
import logging  # noqa: F401
import os
from collections.abc import Iterator
from typing import Final, Protocol

from logmesh.client.delivering.io_thread import io_thread
from logmesh.client.delivering.turn import Turn

_END_SECONDS: Final = 5.0


class Forkable(Protocol):
    """Something that can let go of its threads and connections, and take them up again."""

    def go_on(self) -> None:
        """Start; nothing where it runs or is closed."""
        ...

    def before_fork(self) -> None:
        """Leave no connection open."""
        ...

    def after_fork_in_parent(self) -> None:
        """Ask to be started where there is something to do."""
        ...

    def after_fork_in_child(self) -> None:
        """Begin anew; what waited is the parent's."""
        ...

    def finish(self, began: float) -> None:
        """The process ends, since `began`: wait for what is still to be sent, within a limit."""
        ...


_open: dict[Forkable, None] = {}
_waiting: dict[Forkable, None] = {}  # to be started by whoever has the turn
_turn: Final = Turn()
_forking: list[Forkable] = []
_took: list[bool] = []
"""By fork under way, outermost first: whether it took the turn. One in a signal's handler that interrupts a start or a fork does
not."""


def look_after(forkable: Forkable) -> None:
    """Call its methods around every fork, until it is forgotten. It is kept alive: what it still holds is to be sent, also
    where nobody refers to it any more."""
    _open[forkable] = None


def forget(forkable: Forkable) -> None:
    """It has nothing open any more."""
    _open.pop(forkable, None)


def looked_after() -> list[Forkable]:
    """All that have something open."""
    return list(_open)


def start(forkable: Forkable) -> None:
    """Have `go_on` called: on return it was, or another thread, or what this one interrupts, is about to."""
    _waiting[forkable] = None
    _start_waiting()


@contextlib.contextmanager
def nothing_starts(timeout: float) -> Iterator[None]:
    """A time in which nothing is started; without a turn within `timeout` seconds, something may be."""
    try:
        with _turn.taken(timeout):
            yield
    finally:
        _start_waiting()


def _start_waiting() -> None:
    # Looked at again after the turn was given back: who came before that has left it to this thread.
    while _waiting and _turn.take(timeout=0):
        try:
            while _waiting:
                _waiting.popitem()[0].go_on()
        finally:
            _turn.give_back()


def _before() -> None:
    _took.append(_turn.take())
    if not _took[-1]:
        return
    _forking[:] = _open
    for forkable in _forking:
        forkable.before_fork()
    io_thread.end(_END_SECONDS)


def _after_in_parent() -> None:
    if not _took.pop():
        return
    try:
        for forkable in _forking:
            forkable.after_fork_in_parent()
    finally:
        _forking.clear()
        _turn.give_back()
        _start_waiting()


def _after_in_child() -> None:
    io_thread.forget()
    _turn.forget()
    _took.pop()
    _waiting.clear()
    _forking.clear()
    for forkable in looked_after():
        forkable.after_fork_in_child()


os.register_at_fork(before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child)
