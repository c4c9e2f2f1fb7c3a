"""Numbers of 64 bits one after the other, as columns hold times."""

import sys
from array import array
from collections.abc import Sequence


def pack_times(times: Sequence[int]) -> bytes:
    """Unsigned 64-bit little-endian."""
    packed = array("Q", times)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def unpack_times(packed: bytes) -> "array[int]":
    """The inverse of `pack_times`. Raises ValueError when the length is not a multiple of 8."""
    times = array("Q")
    times.frombytes(packed)
    if sys.byteorder == "big":
        times.byteswap()
    return times
