"""Which three letters in a row the bodies of a file have, by row group: where a text has another, none of them contains it.

Bytes are of 64 classes: ASCII's letters in either case, digits and the underscore have one each, all other ASCII shares one, and the
bytes of other characters share the rest. So a text's trigrams are in whatever contains it, in any case of ASCII's letters; of trigrams
across another letter that has cases nothing is said.

Packed: how many trigrams and row groups there are, the rows of each row group, the trigrams in order, and by trigram a bit for each
row group.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from struct import Struct
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa

from logmesh.filters.folding import word_orbit

_HEADER: Final = Struct("<II")
_ALL: Final = 1 << 18
_TOGETHER: Final = 1_024
"""Bodies. More of them fall out of the processor's cache."""


def _class_of(byte: int) -> int:
    char = chr(byte).lower()
    if byte >= 0x80:
        return 38 + byte % 26
    return "0123456789abcdefghijklmnopqrstuvwxyz_".find(char) + 1


_CLASSES: Final = bytes(map(_class_of, range(256)))
Seen: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.uint8]]"
"""By trigram a bit: a row group's, until all of a file are packed."""


def seen_in(bodies: pa.ChunkedArray | pa.Array) -> Seen:
    """Which trigrams a row group with these bodies has. Bodies are no nulls."""
    seen = np.zeros(_ALL + 1, bool)
    for chunk in bodies.chunks if isinstance(bodies, pa.ChunkedArray) else [bodies]:
        _, offsets, data = chunk.buffers()
        begins = np.frombuffer(offsets, np.int32)[chunk.offset : chunk.offset + len(chunk) + 1].astype(np.int64)
        for first in range(0, len(chunk), _TOGETHER):
            some = begins[first : first + _TOGETHER + 1]
            found = _trigrams(bytes(data[some[0] : some[-1]]) if data else b"")
            across = np.concatenate([some[1:-1] - 2, some[1:-1] - 1]) - some[0]  # from one body into the next
            found[across[(across >= 0) & (across < len(found))]] = _ALL
            seen[found] = True
    return np.packbits(seen[:_ALL])


def pack(groups: Iterable[Seen], rows: Sequence[int]) -> bytes:
    """The bytes of the catalog, of all row groups of a file, which have so many rows each."""
    table = np.array(list(groups), np.uint8).reshape(-1, _ALL // 8)
    trigrams = np.flatnonzero(np.unpackbits(np.bitwise_or.reduce(table, axis=0)))
    there = np.array([np.unpackbits(group)[trigrams] for group in table], np.uint8).reshape(len(table), len(trigrams))
    bits = np.packbits(there.T, axis=1, bitorder="little")
    arrays = np.array(rows, "<u4"), trigrams.astype("<u4"), bits
    return b"".join([_HEADER.pack(len(trigrams), len(table)), *(array.tobytes() for array in arrays)])


def group_rows(packed: bytes) -> Any:
    """How many rows each row group has, as an array."""
    return np.frombuffer(packed, "<u4", _HEADER.unpack_from(packed)[1], _HEADER.size)


def row_groups(packed: bytes, needles: Sequence[str]) -> Any:
    """By row group, whether it may have a body that contains all `needles` in whatever case of letters, as an array of booleans. None
    where they say nothing: fewer than three letters of each count."""
    asked = _asked(tuple(needles))
    if not len(asked):
        return None
    count, groups = _HEADER.unpack_from(packed)
    first = _HEADER.size + group_rows(packed).nbytes
    trigrams = np.frombuffer(packed, "<u4", count, first)
    bits = np.frombuffer(packed, np.uint8, -1, first + trigrams.nbytes).reshape(count, -(-groups // 8))
    at = np.searchsorted(trigrams, asked)
    if (at == count).any() or (trigrams[at] != asked).any():
        return np.zeros(groups, bool)
    return np.unpackbits(np.bitwise_and.reduce(bits[at], axis=0), count=groups, bitorder="little").view(bool)


def asks_for_any(needles: Sequence[str]) -> bool:
    """Whether `row_groups` says anything of them, of any file."""
    return bool(len(_asked(tuple(needles))))


@lru_cache(maxsize=64)
def _asked(needles: tuple[str, ...]) -> Any:
    """Trigrams that a body with all needles has: the same for every file that a question looks at."""
    parts = [_trigrams(part) for needle in needles for part in _sure_parts(needle)]
    return np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.uint32)


def _trigrams(text: bytes) -> Any:
    classes = np.frombuffer(text.translate(_CLASSES), np.uint8).astype(np.uint32)
    trigrams = classes[:-2] << 12
    trigrams |= classes[1:-1] << 6
    trigrams |= classes[2:]
    return trigrams


def _sure_parts(needle: str) -> Iterable[bytes]:
    """What of a needle is the same bytes, but for ASCII's case, wherever it is found."""
    sure = "".join([char if char < "\x80" or len(word_orbit(char)) == 1 else "\ud800" for char in needle])
    return [part.encode("utf-8", "replace") for part in sure.split("\ud800")]
