"""Whose a line is, where several write into one file: as the prefix of a container runtime, of kubectl, compose or valgrind says."""

import re
from typing import Final

from logmesh.producer.container_lines import IN_JSON, PREFIX

_COMPOSE: Final = re.compile(rb"(?:\x1b\[[\d;]*m)?([a-z][\w.\-@]* *)\|(?: (?:\x1b\[[\d;]*m)?|$)")
COMPOSE_WIDTH: Final = 96
"""Within how many bytes the end of compose's prefix is looked for."""
_IN_JSON: Final = re.compile(rb'\{"log":"((?>(?:[^"\\]++|\\.)*))","stream":"(stdout|stderr)"')
_VALGRIND: Final = re.compile(rb"(==\d+==) ")


_POD: Final = re.compile(rb"(\[pod/[^\]\s]+\]) ?")
# Those that a beginning may have; others are as good as what they stand for.
_ESCAPE: Final = re.compile(rb'\\(?:[tr"\\/]|u001b)')


def _unescaped(found: re.Match[bytes]) -> bytes:
    return {b"\\t": b"\t", b"\\r": b"\r", b"\\u001b": b"\x1b"}.get(found[0], found[0][1:])


StreamLine = tuple[bytes, bool, bytes]
"""A line's stream, whether the runtime split it so that its rest follows, and what was written to the stream."""


def stream_of(line: bytes) -> StreamLine:
    """That of a line; the stream without a name is of files that have no prefixes."""
    if b" std" in line[19:42] and (found := PREFIX.match(line)):
        return found[2], found[3] == b"P", line[found.end() :]
    if line.find(b"|", 0, COMPOSE_WIDTH) > 0 and (found := _COMPOSE.match(line)):
        return found[1], False, line[found.end() :]
    if line.startswith(IN_JSON) and (found := _IN_JSON.match(line)):
        text = found[1].removesuffix(b"\\n")
        is_split = len(text) == len(found[1])
        return found[2], is_split, _ESCAPE.sub(_unescaped, text) if b"\\" in text else text
    if line.startswith(b"[pod/") and (found := _POD.match(line)):
        return found[1], False, line[found.end() :]
    if line.startswith(b"==") and (found := _VALGRIND.match(line)):
        return found[1], False, line[found.end() :]
    return b"", False, line
