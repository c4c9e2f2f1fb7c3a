"""How the C library hands out memory to this process, and how often Python looks for what can't be reached any more."""

import contextlib
import ctypes
import gc
import os
from pathlib import Path
from typing import Final

_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
_ARENAS: Final = 2
_COLLECT_AFTER: Final = 10_000
_GROWN_BYTES: Final = 32 << 20
_STATM: Final = Path("/proc/self/statm")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


def share_arenas() -> None:
    """Have threads share two arenas. glibc gives each its own, up to eight a core, and what was freed in one serves no other: a
    processor under large writes took 380 MiB so, and 310 with two. Does nothing where the C library is another one."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)


def return_large_blocks(least_bytes: int) -> None:
    """Have what is freed go back to the system at once, of blocks of so many bytes and more, and all threads share one arena. glibc
    keeps larger and larger blocks for later ones, which in a process that is bounded in addresses leaves no room between them. Does
    nothing where the C library is another one."""
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, least_bytes)
        mallopt(_M_ARENA_MAX, 1)


class Freed:
    """What this process has freed and glibc keeps, since pieces in use lie between: after 500 senders at once that was 160 MiB."""

    def __init__(self) -> None:
        self._least = resident_bytes()

    def give_back(self) -> None:
        """Let the system have it, where this process is 32 MiB larger than it was at least. Of any thread.

        It takes some 10 ms; and where as much was freed, which a burst has left then, as long again to find what it has left in cycles.
        Does nothing where the C library is another one.
        """
        if (before := resident_bytes()) > self._least + _GROWN_BYTES:
            _trim()
            if before - resident_bytes() > _GROWN_BYTES:
                gc.collect()
                _trim()
        self._least = min(self._least, resident_bytes())


def _trim() -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def resident_bytes() -> int:
    """Memory that this process has of the machine's; 0 where the system doesn't say."""
    try:
        return int(_STATM.read_bytes().split()[1]) * _PAGE_BYTES
    except OSError:
        return 0


def collect_seldom() -> None:
    """Look for cycles after 10,000 containers more, not 700, and never among those of the imports. A group of small batches holds
    more than 700 at once and none of them in a cycle: looking at them had cost a quarter of a processor's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, *gc.get_threshold()[1:])
