"""How the records of a stream begin, as far as its lines have told. It goes with the position, so that a restart joins alike."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from logmesh.producer.joining.beginnings import LEVEL, NONE, TIMES, Beginning

_SURE: Final = 2
"""After how many records in a row that begin with a time or a level a line that does not is taken for the rest of a record."""
_SURE_AGAIN: Final = 5
"""The same where others were seen, too: a program's own output, or what another one writes into the file."""
_MAX_ENDS: Final = 8
_MAX_STREAMS: Final = 8

Json = dict[str, Any]


class Learned(NamedTuple):
    """Of one stream. `ends` are the kinds and columns of beginnings that were seen, `in_a_row` counts records with a time or a
    level since the last without, as far as it matters, and `mixed` says that there was one without."""

    in_a_row: int = 0
    mixed: bool = False
    ends: tuple[tuple[str, int], ...] = ()

    @property
    def is_sure(self) -> bool:
        """Whether records begin with a time or a level here, so that a line without one does not begin one."""
        return self.in_a_row >= (_SURE_AGAIN if self.mixed else _SURE)

    @property
    def is_nearly_sure(self) -> bool:
        """Whether one more such record will make it sure."""
        return not self.mixed and self.in_a_row == _SURE - 1

    def knows(self, *kinds: str) -> bool:
        """Whether a record of this stream began with one of these kinds."""
        return any(known in kinds for known, _ in self.ends)

    def begins(self, begun: Beginning) -> bool:
        """Whether a line that is indented so far begins a record all the same, since its word ends where others' do, or one column
        further, as where the first line was trimmed."""
        kind, indent, end = begun
        return (kind, end) in self.ends or (indent == 1 and (kind, end - 1) in self.ends)

    def with_beginning(self, begun: Beginning) -> "Learned":
        """After a record that begins so."""
        if begun.kind == NONE:
            return self
        in_a_row, ends = self.in_a_row, self.ends
        if in_a_row < _SURE_AGAIN and (begun.kind in TIMES or (begun.kind == LEVEL and not self.knows(*TIMES))):
            in_a_row += 1
        if (begun.kind, begun.end) not in ends and len(ends) < _MAX_ENDS:
            ends = (*ends, (begun.kind, begun.end))
        return self if in_a_row == self.in_a_row and ends is self.ends else Learned(in_a_row, self.mixed, ends)

    def with_other(self) -> "Learned":
        """After a record that begins with nothing that is known."""
        return self if self.mixed and not self.in_a_row else Learned(0, True, self.ends)


NOTHING: Final = Learned()

Streams = dict[bytes, Learned]
"""Of each stream of a file; see `streams`. Never changed in place."""


def with_stream(streams: Streams, stream: bytes, learned: Learned) -> Streams:
    """The same with what was learned of one stream. Of many streams the first are remembered."""
    if streams.get(stream, NOTHING) is learned or (stream not in streams and len(streams) >= _MAX_STREAMS):
        return streams
    return streams | {stream: learned}


def to_json(streams: Streams) -> Json:
    """As a position holds it."""
    return {
        stream.decode("latin-1"): [learned.in_a_row, learned.mixed, [list(end) for end in learned.ends]]
        for stream, learned in streams.items()
    }


def from_json(found: Mapping[str, Any]) -> Streams:
    """The inverse. A position of before there was any learns anew."""
    return {
        stream.encode("latin-1"): Learned(in_a_row, mixed, tuple((kind, end) for kind, end in ends))
        for stream, (in_a_row, mixed, ends) in found.items()
    }
