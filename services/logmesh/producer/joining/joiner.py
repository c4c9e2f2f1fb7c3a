"""Says of each line of a file whether it begins a record or continues the one before it.

Where records begin with a time or a level, what has neither continues. Elsewhere a line that is not indented begins a record,
unless it belongs to a trace. A line that begins as records of its stream do begins one, however it is indented.
"""

from typing import Final

from logmesh.producer.joining import traces
from logmesh.producer.joining.ahead import Ahead
from logmesh.producer.joining.alike import A_TIME, AN_OBJECT, KnownShapes, is_json, is_plain
from logmesh.producer.joining.beginnings import JSON, LEVEL, TELLING, TIMES, UNKNOWN, Beginning, beginning
from logmesh.producer.joining.learned import NOTHING, Learned, Streams, with_stream
from logmesh.producer.joining.open_record import OpenRecord
from logmesh.producer.joining.streams import stream_of


class Joiner:
    """Goes through lines in order. What it learns is in `streams`: what it had learned before the line that began the last record
    is in `before`, and is what a joiner needs that goes on there."""

    def __init__(self) -> None:
        self.streams: Streams = {}
        self.before: Streams = {}
        self._known = KnownShapes()
        self._record = OpenRecord()
        self.begin_anew({})

    @property
    def is_split(self) -> bool:
        """Whether a container's runtime split the last line, so that its rest follows."""
        return self._is_split

    def begin_anew(self, streams: Streams) -> None:
        """The next line is the first of a record, where so much was learned."""
        self.streams = self.before = streams
        self._record.begin_alike(b"", b"", UNKNOWN)
        self._is_open = self._is_split = False
        self._alike: Beginning | None = None
        # Whether nothing but plain lines came of late.
        self._are_plain = False
        self._known.keep(streams)

    def continues(self, ahead: Ahead, at: int) -> bool:
        """Whether the line at `at` belongs to the record of the line before. The first never does. Raises NotYet; then it is to
        be asked from a record's first line on again."""
        line = ahead.lines[at]
        if (begun := self._known_beginning(line)) is not None:
            if begun is self._alike:
                self._record.first = line  # all else is as it was
            else:
                self._begin_alike(b"", line, begun)
                self._alike = begun
            return False
        self._alike = None
        record = self._record
        stream, is_split, text = stream_of(line)
        rest, self._is_split = self._is_split and stream == record.stream, is_split
        if rest:
            return True
        if stream and (begun := self._known.beginning_of(stream, text)) is not None:
            self._begin_alike(stream, text, begun)
            self._is_split = is_split
            return False
        if text.startswith(b"\0"):
            # A hole, which a writer leaves that goes on where it was in a file that was emptied.
            text = text.lstrip(b"\0")
        begun = beginning(text)
        block = None if begun.kind in TIMES else traces.block_of(text)
        if self._is_open and stream == record.stream:
            learned = self.streams.get(stream, NOTHING)
            takes = record.takes(text, begun, block, learned, ahead, at)
            if record.learned is not learned:
                self._learn(stream, record.learned)
            if takes:
                self._are_plain = False
                return True
        self._begin(stream, text, begun, block)
        return False

    def _known_beginning(self, line: bytes) -> Beginning | None:
        """How a line of the stream without a name begins, where others before it began a record in the same way."""
        known = self._known
        if known.unnamed and known.has_unnamed(line):
            return A_TIME
        # Behind a record with a time, and within a block, a level may be the second line's.
        if self._record.begun.kind == LEVEL and self._record.block is None and line.startswith(known.unnamed_words):
            return _A_LEVEL if line[0] != 0x20 else Beginning(LEVEL, _indent(line), 0)
        if known.unnamed_json and is_json(line):
            return AN_OBJECT
        return UNKNOWN if self._are_plain and is_plain(line) else None

    def _begin_alike(self, stream: bytes, text: bytes, begun: Beginning) -> None:
        """A record begins of which nothing is to be learned, since others began in the same way."""
        self.before = self.streams
        self._record.begin_alike(stream, text, begun)
        self._is_open, self._is_split = True, False
        self._are_plain = begun is UNKNOWN

    def _begin(self, stream: bytes, text: bytes, begun: Beginning, block: traces.Block | None) -> None:
        self.before = self.streams
        self._is_open = True
        self._are_plain = False
        learned = self.streams.get(stream, NOTHING)
        record = self._record
        record.begin(stream, text, begun, block)
        if begun.kind:
            now = learned.with_beginning(begun)
        elif block is None and not begun.indent and text.strip():
            now = learned.with_other()
        else:
            now = learned
        if now is not learned:
            self._learn(stream, now)
        elif begun.kind in TELLING or begun.kind == JSON:
            self._known.add(stream, text, begun, now)
        elif begun is UNKNOWN and text.strip():
            self._are_plain = not (stream or block or record.xml or record.in_message)

    def _learn(self, stream: bytes, learned: Learned) -> None:
        self.streams = with_stream(self.streams, stream, learned)
        self._known.forget(stream)


_A_LEVEL: Final = Beginning(LEVEL, 0, 0)


def _indent(line: bytes) -> int:
    return len(line) - len(line.lstrip(b" "))
