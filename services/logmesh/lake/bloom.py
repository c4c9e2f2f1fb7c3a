"""Which trace ids may be in a file: a split-block Bloom filter, so that a trace opens the files that have it and one in 200 others.

A key has bits in one block of 32 bytes, one in each of its eight words, as in Parquet's own filters.
"""

from typing import Any, Final

import numpy as np

_BITS_PER_KEY: Final = 12
"""One key in 200 that is not there is taken for one that is."""
_BLOCK_BYTES: Final = 32
_SALTS: Final = np.array(
    [0x47B6137B, 0x44974D91, 0x8824AD5B, 0xA2B7289D, 0x705495C7, 0x2DF1424B, 0x9EFC4947, 0x5C6BFB31], np.uint32
)
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
"""Ids need not be random: the product's upper half depends on all bits."""


def keys_of(trace_ids: bytes) -> Any:
    """A number for each different id, of ids of 16 bytes one after the other; those of zeros are none."""
    keys = np.sort(_hashes(trace_ids))  # np.unique takes four times as long
    return keys[np.flatnonzero(np.diff(keys, prepend=keys[:1] - np.uint64(1)))]


def build(keys: Any) -> bytes:
    """The filter of different keys. Empty for none."""
    if not len(keys):
        return b""
    blocks = np.uint64(-(-len(keys) * _BITS_PER_KEY // (8 * _BLOCK_BYTES)))
    words = np.zeros((int(blocks), len(_SALTS)), "<u4")
    places = _block_of(keys, blocks)
    for word, bits in enumerate(_bits(keys).T):
        np.bitwise_or.at(words[:, word], places, bits)
    return words.tobytes()


def about_how_many(length: int) -> int:
    """Of how many keys a filter of so many bytes was built, and a few more."""
    return length * 8 // _BITS_PER_KEY


def may_hold(built: bytes, trace_id: bytes) -> bool:
    """Whether the file may have records of this trace."""
    keys = _hashes(trace_id)
    if not built or not len(keys):
        return False
    words = np.frombuffer(built, "<u4").reshape(-1, len(_SALTS))
    block = words[int(_block_of(keys, np.uint64(len(words)))[0])]
    return bool(((block & _bits(keys)[0]) == _bits(keys)[0]).all())


def _hashes(trace_ids: bytes) -> Any:
    halves = np.frombuffer(trace_ids, "<u8").reshape(-1, 2)
    mixed = (halves[:, 0] * _GOLDEN) ^ halves[:, 1]
    mixed ^= mixed >> np.uint64(32)
    return (mixed * _GOLDEN)[(halves[:, 0] | halves[:, 1]) != 0]


def _block_of(keys: Any, blocks: np.uint64) -> Any:
    return ((keys >> np.uint64(32)) * blocks) >> np.uint64(32)


def _bits(keys: Any) -> Any:
    """By key its bit in each of the eight words."""
    low = (keys & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    return np.uint32(1) << ((low[:, None] * _SALTS) >> np.uint32(27))
