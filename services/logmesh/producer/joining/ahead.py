"""The lines that follow one, as far as they are there: what decides whether a line continues a record may come after it."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from logmesh.producer.joining.streams import stream_of

_MAX_LINES: Final = 50
_MAX_BYTES: Final = 64 * 1024


class NotYet(Exception):
    """Raised where the lines that decide have not come yet, and may still come."""


class Ahead(NamedTuple):
    """Lines in their order. Where they are not `final`, others will follow, of which `tail_bytes` are there."""

    lines: Sequence[bytes]
    final: bool
    tail_bytes: int

    def of(self, stream: bytes, at: int) -> Iterator[bytes]:
        """What the stream's lines behind the one at `at` hold: so few that waiting for them fills no buffer, and always the same
        ones, however many are there. Raises NotYet."""
        size = 0
        for following in range(at + 1, at + 1 + _MAX_LINES):
            if following >= len(self.lines):
                if not self.final and size + self.tail_bytes <= _MAX_BYTES:
                    raise NotYet
                return
            line = self.lines[following]
            size += len(line) + 1
            if size > _MAX_BYTES:
                return
            whose, _, text = stream_of(line)
            if whose == stream:
                yield text
