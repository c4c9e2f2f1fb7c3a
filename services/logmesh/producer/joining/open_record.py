"""The record that is open: whether a line goes on with it, however the line itself begins."""

import re
from typing import Final

from logmesh.producer.joining import traces
from logmesh.producer.joining.ahead import Ahead
from logmesh.producer.joining.beginnings import (
    DATED,
    JSON,
    LEVEL,
    SHAPES,
    TELLING,
    TIMES,
    UNKNOWN,
    Beginning,
    beginning,
)
from logmesh.producer.joining.learned import NOTHING, Learned

_MAX_OTHERS: Final = 200
"""How many lines a record takes that neither begin one nor are indented; then it was no record's beginning that was learned."""

_JUL_LEVEL: Final = re.compile(rb"(?:SEVERE|WARNING|INFO|CONFIG|FINE[RS]?T?): ")
_LEVEL_WORD: Final = re.compile(rb"\b(?:TRACE|DEBUG|INFO|NOTICE|WARN|ERROR|CRIT|FATAL)", re.IGNORECASE)
_LEVEL_WINDOW: Final = 128
_TIME_WIDTH: Final = 40
_LEVELS: Final = frozenset({LEVEL})
_STAMP: Final = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7,9}(?:Z|[+-]\d\d:\d\d) ")
_PANICS: Final = re.compile(rb"(?i:panic|recover)")
_DIGITS: Final = re.compile(rb"0+")
_GIST_SOURCE: Final = 24
_GIST_WIDTH: Final = 8
_XML: Final = re.compile(rb"<(\?xml\b|[A-Za-z][\w:.\-]*)")


class OpenRecord:
    """The lines of one record, as far as they have come: what its first line begins with, and which block it is in."""

    def __init__(self) -> None:
        self.learned = NOTHING
        """How records of the stream begin, as the line that was asked about last has told."""
        self.begin_alike(b"", b"", UNKNOWN)

    def begin(self, stream: bytes, first: bytes, begun: Beginning, block: traces.Block | None) -> None:
        """Another record begins with this line of a stream."""
        self.stream, self.first, self.begun, self.block = stream, first, begun, block
        self.xml = b""
        if block is None and first[:1] == b"<" and (found := _XML.match(first)) and b"</" not in first:
            self.xml = found[1]
        self._lines, self._others = 1, 0
        self.in_message = begun.kind not in TIMES and traces.is_exception(first)

    def begin_alike(self, stream: bytes, first: bytes, begun: Beginning) -> None:
        """The same for one that begins in a way of which it is known that it begins no block, no element and no exception."""
        self.stream, self.first, self.begun = stream, first, begun
        self.block, self.xml, self.in_message = None, b"", False
        self._lines, self._others = 1, 0

    def takes(
        self, text: bytes, begun: Beginning, block: traces.Block | None, learned: Learned, ahead: Ahead, at: int
    ) -> bool:
        """Whether the line at `at` belongs to the record. It is of the record's stream, of which so much was learned before, and
        holds `text`, which begins so, and a block where it begins one. Raises NotYet."""
        self.learned = learned
        takes = self._belongs(text, begun, block, learned, ahead, at)
        self._lines += takes
        return takes

    def _belongs(
        self, text: bytes, begun: Beginning, block: traces.Block | None, learned: Learned, ahead: Ahead, at: int
    ) -> bool:
        kind, indent, _ = begun
        if kind:
            if indent:
                if learned.begins(begun):
                    return False
            elif kind == DATED:
                return self._goes_on_behind_stamp(text)
            elif not (kind == LEVEL and self._is_level_of_record(text)):
                return False
        blank = not text.strip()
        if text[:1] in (b" ", b"\t"):
            return self._goes_on_indented(text, indent, blank)
        if self.block is not None and self._goes_on_in_block(self.block, text, blank, ahead, at):
            return True
        if self.xml and self._goes_on_to_its_end(text, ahead, at):
            return True
        if not blank:
            if block is not None and (verdict := self._goes_on_with(block, text, ahead, at)) is not None:
                return verdict
            if traces.is_tied(text):
                return True
        if self.begun.kind in TELLING:
            return self._goes_on_untold(text, blank, learned, ahead, at)
        return not blank and self.begun.kind != JSON and self._is_explained(text, ahead, at)

    def _goes_on_behind_stamp(self, text: bytes) -> bool:
        """Whether a line continues that was stamped as the record's first was, by somebody who stamps every line."""
        found = _STAMP.match(text)
        if found is None or _STAMP.match(self.first) is None:
            return False
        inner = text[found.end() :]
        if beginning(inner).kind:
            return False
        if inner[:1] in (b" ", b"\t") or traces.is_tied(inner):
            return bool(inner.strip())
        return traces.explains(inner) and traces.speaks_of_trouble(self.first)

    def _is_level_of_record(self, text: bytes) -> bool:
        """Whether this is the second line of java.util.logging, or one of a block."""
        if self.block is not None and self.block.goes_on(text):
            return True
        return (
            self._lines == 1
            and self.begun.kind == DATED
            and _JUL_LEVEL.match(text) is not None
            and _LEVEL_WORD.search(self.first, 0, _LEVEL_WINDOW) is None
        )

    def _goes_on_indented(self, text: bytes, indent: int, blank: bool) -> bool:
        if self.begun.kind == JSON:
            return blank  # an object that is whole has no more
        if blank or self.block is not None:
            return True
        return not self.begun.kind or indent > self.begun.indent or traces.is_frame(text)

    def _goes_on_in_block(self, block: traces.Block, text: bytes, blank: bool, ahead: Ahead, at: int) -> bool:
        if blank:
            following = next((line for line in ahead.of(self.stream, at) if line.strip()), b"")
            return bool(following) and (
                block.goes_on(following) or (following[:1] in (b" ", b"\t") and block is not traces.PYTHON_OVER)
            )
        if block is traces.RUST and self._lines == 1:
            return True
        goes_on = block.goes_on(text)
        if block is traces.PYTHON:
            self.block = traces.PYTHON_OVER
        elif block is traces.GO_RACE and text.startswith(b"="):
            self.block = None
        elif block is traces.PYTHON_OVER and goes_on and traces.block_of(text):
            self.block = traces.PYTHON
        return goes_on

    def _goes_on_with(self, block: traces.Block, text: bytes, ahead: Ahead, at: int) -> bool | None:
        """Whether a line that begins a block belongs to the record before it. None where it may be none of a block."""
        if text.startswith(b"==="):
            following = next(ahead.of(self.stream, at), b"")
            return False if following.startswith((b"==", b"WARNING: ")) else None
        if block is traces.PYTHON:
            goes_on = self.begun.kind in TIMES or traces.speaks_of_trouble(self.first)
        elif block is traces.GO:
            goes_on = _PANICS.search(self.first) is not None
        elif block in (traces.CHAIN, traces.ELIXIR):
            return None
        else:
            goes_on = block is traces.THREADS and self.begun.kind in TIMES and len(self.first) <= _TIME_WIDTH
        if goes_on:
            self.block = block
        return goes_on

    def _goes_on_to_its_end(self, text: bytes, ahead: Ahead, at: int) -> bool:
        """Whether a line is within the element that the record begins with."""
        if self.xml == b"?xml":
            found = _XML.match(text)
            self.xml = found[1] if found and b"</" not in text else b""
            return found is not None
        if text.startswith(b"<" + self.xml):
            return False
        closing = b"</" + self.xml
        if closing in text:
            self.xml = b""
            return True
        return any(closing in line for line in ahead.of(self.stream, at))

    def _goes_on_untold(self, text: bytes, blank: bool, learned: Learned, ahead: Ahead, at: int) -> bool:
        """Whether a line with neither a time nor a level belongs to the record that begins with one."""
        if blank:
            following = next((line for line in ahead.of(self.stream, at) if line.strip()), None)
            if following is None:
                return False
            begins = beginning(following)
            if begins.kind and (not begins.indent or learned.begins(begins)):
                return False  # a blank line between two records is part of neither
        if learned.is_nearly_sure:
            alike = TIMES if self.begun.kind in TIMES else _LEVELS
            is_sure = any(
                found.kind in alike and (not found.indent or learned.begins(found))
                for found in map(beginning, ahead.of(self.stream, at))
            )
            learned = learned._replace(in_a_row=learned.in_a_row + 1) if is_sure else learned.with_other()
            self.learned = learned
        self._others += 1
        if learned.is_sure and _gist(text) == _gist(self.first):
            return False  # a time, too, in some other way
        if learned.is_sure and self._others <= _MAX_OTHERS:
            return True
        return not blank and self._is_explained(text, ahead, at)

    def _is_explained(self, text: bytes, ahead: Ahead, at: int) -> bool:
        """Whether a line explains the trouble that the record speaks of, or may speak of where it has a time."""
        if self.in_message and self._has_frames(ahead, at):
            return True
        explains = traces.explains(text)
        if not explains and not traces.may_be_call(text):
            return False
        if self.begun.kind not in TIMES and not traces.speaks_of_trouble(self.first):
            return False
        if explains:
            self.in_message = traces.is_exception(text)
        return explains or traces.is_place(next(ahead.of(self.stream, at), b""))

    def _has_frames(self, ahead: Ahead, at: int) -> bool:
        """Whether the frames of an exception follow, so that this line is of its message."""
        for line in ahead.of(self.stream, at):
            if traces.FRAME.match(line):
                return True
            if line[:1] in (b" ", b"\t", b"") or beginning(line).kind:
                return False
        return False


def _gist(line: bytes) -> bytes:
    """What a line begins with, however many digits its numbers have."""
    return _DIGITS.sub(b"0", line[:_GIST_SOURCE].translate(SHAPES))[:_GIST_WIDTH]
