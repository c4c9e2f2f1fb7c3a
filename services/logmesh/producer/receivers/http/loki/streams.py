"""A stream of a push, and its labels as `{name="value", …}` says them."""

import re
from functools import lru_cache
from typing import Any, Final, NamedTuple

from logmesh.producer.receivers.received import RequestRefused

Labels = tuple[tuple[str, str], ...]
"""Names and values, in the order of names."""

_LONGEST: Final = 16 * 1024
_MOST: Final = 120
_PAIR: Final = re.compile(r'\s*([\w.:/-]+)\s*=\s*(?:"((?:[^"\\\n]|\\.)*+)"|`([^`]*+)`)\s*(,|$)')
_ESCAPE: Final = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL)
_NAMED: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class Stream(NamedTuple):
    """Labels and, entry by entry, when it was logged in nanoseconds since 1970, its line, its structured metadata."""

    labels: Labels
    times: list[int]
    lines: list[bytes]
    metadata: list[dict[str, Any]]


@lru_cache(maxsize=1024)
def parse_labels(text: bytes) -> Labels:
    """The labels of a stream. Raises RequestRefused."""
    if len(text) > _LONGEST:
        raise RequestRefused("a stream's labels are longer than 16 KiB")
    inner = text.decode("utf-8", "replace").strip()
    if not (inner.startswith("{") and inner.endswith("}")):
        raise RequestRefused(f'labels are not of the shape {{name="value"}}: {inner[:100]!r}')
    inner = inner[1:-1].strip()
    labels: dict[str, str] = {}
    position = 0
    while position < len(inner):
        found = _PAIR.match(inner, position)
        if found is None:
            raise RequestRefused(f'labels are not of the shape {{name="value"}}: {inner[position : position + 100]!r}')
        name, quoted, raw, _ = found.groups()
        labels[name] = raw if quoted is None else _ESCAPE.sub(_unescaped, quoted)
        position = found.end()
    return checked_labels(labels)


def checked_labels(labels: dict[str, str]) -> Labels:
    """The same in order. Raises RequestRefused where they are too many or too long."""
    if len(labels) > _MOST:
        raise RequestRefused(f"a stream has {len(labels)} labels, of which {_MOST} are the most")
    if sum(map(len, labels)) + sum(map(len, labels.values())) > _LONGEST:
        raise RequestRefused("a stream's labels are longer than 16 KiB")
    return tuple(sorted(labels.items()))


def _unescaped(found: re.Match[str]) -> str:
    byte, short, long, octal, other = found.groups()
    if other is not None:
        return _NAMED.get(other, other)
    number = int(octal, 8) if octal else int(byte or short or long, 16)
    return chr(number) if number <= 0x10FFFF and not 0xD800 <= number < 0xE000 else "\ufffd"
