"""Knows texts of attributes by their shapes: which keys in which order, with what kinds of values. Loggers have few.

One regular expression goes through all texts at once, in six tenths of the time of reading them and writing them again. It has the
shapes that a sample of the texts shows, of flat objects with plain values; any other text is left to be looked at.
"""

import re
from bisect import bisect
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
import orjson

from logmesh.record.limits import MAX_ATTRIBUTES_BYTES

_FIRST_SAMPLED: Final = 8
_SAMPLED: Final = 64
"""Texts. Often a few show all that there is, and to read more of them takes a sixth of all the time."""
_GOLDEN: Final = (5**0.5 - 1) / 2
"""Its multiples, without their whole parts, are spread evenly, and in step with nothing that repeats."""
_LEAST_TEXTS: Final = 4 * _SAMPLED
_LEAST_KNOWN: Final = 7 / 8
"""Of the sample; with less of the texts nothing is won."""
_LEAST_SEEN: Final = 2
"""Times, of a shape that is looked for."""
_MOST_SHAPES: Final = 16
_MOST_KEYS: Final = 32
_SEPARATOR: Final = b'"\n'
"""Behind each text. A text ends with a brace and has no line feed, so this quote begins no string and ends none: either has other bytes
beside it. So what matches is whole texts, and never halves of two."""
_LITERALS: Final[dict[type, bytes]] = {
    int: rb"(?:0|-?[1-9][0-9]{0,17}+)",
    bool: rb"(?:true|false)",
    type(None): rb"null",
}
"""By kind its values in the one form; of whole numbers those that surely have room in 64 bits."""
Member: TypeAlias = tuple[str, type]
Shape: TypeAlias = tuple[Member, ...]


def without_known(texts: Sequence[bytes]) -> Sequence[int]:
    """Places of those that are not known to be objects in the one form, each of a size that a record's attributes may have."""
    everything = range(len(texts))
    if len(texts) < _LEAST_TEXTS:
        return everything
    joined = _SEPARATOR.join([*texts, b""])
    ends = _ends(texts, joined)
    if ends is None or not _is_utf8(joined):
        return everything
    escapes = b"\\" in joined
    if (few := _shapes_of(_sample(texts, _FIRST_SAMPLED))) and _pattern(few, escapes).fullmatch(joined):
        return ()
    shapes = _shapes_of(_sample(texts, _SAMPLED))
    return _left(_pattern(shapes, escapes), joined, ends.tolist()) if shapes else everything


def _sample(texts: Sequence[bytes], count: int) -> list[bytes]:
    return [texts[int(at * _GOLDEN % 1 * len(texts))] for at in range(count)]


def _left(pattern: re.Pattern[bytes], joined: bytes, ends: Sequence[int]) -> list[int]:
    """Places of those texts that don't match."""
    left, at = [], 0
    while at < len(joined):
        if known := pattern.match(joined, at):
            at = known.end()
        else:
            left.append(place := bisect(ends, at))
            at = ends[place]
    return left


def _ends(texts: Sequence[bytes], joined: bytes) -> "np.ndarray[tuple[int], np.dtype[np.int64]] | None":
    """Where texts end, each behind its separator. None where one ends without a brace, is too large, or has a character of control."""
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    ends = np.cumsum(sizes + len(_SEPARATOR))
    data = np.frombuffer(joined, np.uint8)
    fit = (
        sizes.max() <= MAX_ATTRIBUTES_BYTES
        and (data[ends - len(_SEPARATOR) - 1] == ord("}")).all()
        and np.count_nonzero(data < ord(" ")) == len(texts)
    )
    return ends if fit else None


def _is_utf8(joined: bytes) -> bool:
    """Whether all of it is: what matches begins and ends with a brace, so no character is of two texts."""
    try:
        return joined.isascii() or bool(joined.decode())
    except UnicodeDecodeError:
        return False


def _shapes_of(sample: Sequence[bytes]) -> tuple[Shape, ...]:
    """The shapes that are frequent in the sample, in an order that the next one's will have, too. None where these are too many, or too
    little of it has one."""
    counted = Counter(filter(None, map(_shape_of, sample)))
    frequent = {shape: count for shape, count in counted.items() if count >= _LEAST_SEEN}
    if len(frequent) > _MOST_SHAPES or sum(frequent.values()) < len(sample) * _LEAST_KNOWN:
        return ()
    return tuple(sorted(frequent, key=repr))


def _shape_of(text: bytes) -> Shape | None:
    try:
        value = orjson.loads(text)
        if type(value) is not dict or not 0 < len(value) <= _MOST_KEYS or orjson.dumps(value) != text:
            return None
    except ValueError:
        return None
    shape = tuple((key, type(value)) for key, value in value.items())
    return shape if all(kind is str or kind in _LITERALS for _, kind in shape) else None


@lru_cache(256)
def _pattern(shapes: tuple[Shape, ...], escapes: bool) -> re.Pattern[bytes]:
    """Of any number of texts of these shapes. A string is whatever is between quotes, without `escapes` where there may be some."""
    values = {**_LITERALS, str: rb'"[^"\\]*+"' if escapes else rb'"[^"]*+"'}
    return re.compile(rb"(?>(?:\{" + _members(shapes, values) + re.escape(_SEPARATOR) + b")+)")


def _members(shapes: Sequence[Shape], values: Mapping[type, bytes], comma: bytes = b"") -> bytes:
    """What is left of these shapes' objects. It forks where shapes differ, and not before: nothing is gone through twice."""
    behind: dict[Member, list[Shape]] = {}
    for shape in filter(None, shapes):
        behind.setdefault(shape[0], []).append(shape[1:])
    forks = [rb"\}"] if () in shapes else []
    forks += [
        comma + re.escape(orjson.dumps(key)) + b":" + values[kind] + _members(rests, values, b",")
        for (key, kind), rests in behind.items()
    ]
    return forks[0] if len(forks) == 1 else b"(?:" + b"|".join(forks) + b")"
