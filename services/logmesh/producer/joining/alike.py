"""Lines that begin a record as others before them did, found at a glance: what `joiner` would say of each, at a fraction of the cost.

Nothing depends on what is kept here. It is lost with a restart, and the joiner then says the same.
"""

import re
from typing import Final, NamedTuple

from logmesh.producer.container_lines import IN_JSON
from logmesh.producer.joining.beginnings import DATED, JSON, LEVEL, SHAPES, WIDTH, Beginning
from logmesh.producer.joining.learned import Learned, Streams
from logmesh.producer.joining.streams import COMPOSE_WIDTH

A_TIME: Final = Beginning(DATED, 0, 0)
AN_OBJECT: Final = Beginning(JSON, 0, 1)
"""Beginnings that are known at a glance."""

_WIDTH: Final = 48
_MAX_SHAPES: Final = 16
_MAY_BE_CONTAINER: Final = re.compile(rb"0000-00-00A")
# A time's fraction and zone, and two bytes more: those of a container's log would be the beginning of a stream's name.
_TIME_S_END: Final = re.compile(rb"(?:[.,]0{1,6}(?!0)|(?![.,]0))(?>A(?!A)|[+\-]00:?00|)(?! a)..", re.DOTALL)


class _Known(NamedTuple):
    learned: Learned
    shapes: tuple[bytes, ...] = ()
    words: tuple[bytes, ...] = ()
    json: bool = False


class KnownShapes:
    """By stream, the shapes of lines that begin with a time, the words of those with a level, and whether there are lines of JSON, as
    long as nothing else is learned of the stream, so that they teach nothing more."""

    def __init__(self) -> None:
        self._known: dict[bytes, _Known] = {}
        self.unnamed: tuple[bytes, ...] = ()
        """Those of the stream without a name."""
        self.unnamed_words: tuple[bytes, ...] = ()
        self.unnamed_json = False

    def beginning_of(self, stream: bytes, text: bytes) -> Beginning | None:
        """How a line of a stream begins, where that is known to begin a record."""
        known = self._known.get(stream)
        if known is None:
            return None
        if known.shapes and text[:_WIDTH].translate(SHAPES).startswith(known.shapes):
            return A_TIME
        return AN_OBJECT if known.json and is_json(text) else None

    def has_unnamed(self, line: bytes) -> bool:
        """Whether a line of the stream without a name is of one of its shapes."""
        return line[:_WIDTH].translate(SHAPES).startswith(self.unnamed)

    def add(self, stream: bytes, text: bytes, begun: Beginning, learned: Learned) -> None:
        """A line began a record, and nothing was learned from it that was not in `learned`."""
        if begun.end >= _WIDTH or (begun.indent and not learned.begins(begun)):
            return
        known = self._known.get(stream)
        if known is None or known.learned is not learned:
            known = _Known(learned)
        if begun.kind == LEVEL:
            known = known._replace(words=(*known.words, text[: begun.end + 1])[:_MAX_SHAPES])
        elif begun.indent:
            pass
        elif begun.kind == JSON:
            known = known._replace(json=True)
        else:
            known = known._replace(shapes=(*known.shapes, *_shape(text, begun.end))[:_MAX_SHAPES])
        if known != self._known.get(stream):
            self._known[stream] = known
            self._changed()

    def forget(self, stream: bytes) -> None:
        """Something was learned of a stream."""
        if self._known.pop(stream, None) is not None:
            self._changed()

    def keep(self, streams: Streams) -> None:
        """Forgets those of streams of which something else is learned."""
        for stream in [stream for stream, known in self._known.items() if streams.get(stream) is not known.learned]:
            self.forget(stream)

    def _changed(self) -> None:
        known = self._known.get(b"")
        self.unnamed, self.unnamed_words, self.unnamed_json = known[1:] if known is not None else ((), (), False)


def _shape(text: bytes, end: int) -> tuple[bytes, ...]:
    """That of a line with a time, up to where it can't be anything else; none where there is no such place."""
    shape = text[:_WIDTH].translate(SHAPES)
    if not _MAY_BE_CONTAINER.match(shape):
        return (shape[: end + 1],)
    found = _TIME_S_END.match(shape, end)
    return (shape[: found.end()],) if found else ()


# Begins with a word, or a number and a word, of which none of the joiner's rules knows anything.
_PLAIN: Final = re.compile(
    rb"(?!(?:at|created|fatal|goroutine|stack|thread|unexpected|Called|Caused|Current|During|Exception|Fatal|Full|Last|Process"
    rb"|Raised|Stack|Task|The|Unhandled)\b)(?:[a-z][\w.\-:]*+(?<!:)(?<!:in) [^(\s:]|[A-Z][a-z]++ [a-z]|[A-Z][a-z]{3,}+ [A-Z]"
    rb"|\d{1,9} (?:\d{1,5} )?[a-z]|\d{3,9} [A-Z])"
)


def is_plain(line: bytes) -> bool:
    """Whether a line surely begins a record behind another plain one, and teaches nothing more."""
    return _PLAIN.match(line) is not None and line.find(b"[", 0, WIDTH) < 0 and line.find(b"|", 0, COMPOSE_WIDTH) < 0


def is_json(line: bytes) -> bool:
    """Whether a line surely is an object, and not one of Docker's, which hold a line; it always begins a record."""
    return line[:2] == b'{"' and line.endswith((b"}", b"}\r")) and not line.startswith(IN_JSON)
