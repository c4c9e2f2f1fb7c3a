"""How the C library hands out memory to this process."""

import contextlib
import ctypes
from typing import Final

_M_ARENA_MAX: Final = -8
_ARENAS: Final = 2


def share_arenas() -> None:
    """Have threads share two arenas. glibc gives each its own, up to eight a core, and what was freed in one serves no other: a
    processor under large writes took 380 MiB so, and 310 with two. Does nothing where the C library is another one."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)
