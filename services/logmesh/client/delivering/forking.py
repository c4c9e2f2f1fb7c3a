"""What must be done around `os.fork`: gRPC does not work in a child of a process that has a connection open.

`subprocess` does not fork in this sense; `multiprocessing` with its method `fork`, and prefork servers, do.
"""

# What is registered last runs first before a fork. Logging and the pools of threads take their locks then, which a thread
# that is to come to its end may need: they are imported, and so registered, before this module registers itself.
import concurrent.futures.thread  # noqa: F401
import logging  # noqa: F401
import os
from typing import Final, Protocol

from logmesh.client.delivering.io_thread import io_thread

_END_SECONDS: Final = 5.0


class Forkable(Protocol):
    """Something that can let go of its threads and connections, and take them up again."""

    def before_fork(self) -> None:
        """Leave no connection open."""
        ...

    def after_fork_in_parent(self) -> None:
        """Go on."""
        ...

    def after_fork_in_child(self) -> None:
        """Begin anew; what waited is the parent's."""
        ...

    def finish(self, began: float) -> None:
        """The process ends, since `began`: wait for what is still to be sent, within a limit."""
        ...


_open: dict[Forkable, None] = {}
_forking: list[Forkable] = []


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


def _before() -> None:
    _forking[:] = _open
    for forkable in _forking:
        forkable.before_fork()
    io_thread.end(_END_SECONDS)


def _after_in_parent() -> None:
    for forkable in _forking:
        forkable.after_fork_in_parent()
    _forking.clear()


def _after_in_child() -> None:
    io_thread.forget()
    for forkable in _forking:
        forkable.after_fork_in_child()
    _forking.clear()


os.register_at_fork(before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child)
