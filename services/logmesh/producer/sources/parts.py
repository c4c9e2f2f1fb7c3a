"""Records that are too large for one: each of their parts says what the first one does, and of which record it is."""

import zlib
from collections.abc import Callable
from typing import Any

from logmesh.producer.parsed import Parsed
from logmesh.producer.sources.lines import Line


class Parts:
    """What the parts of the record that is being handed out have in common."""

    __slots__ = ("_first", "_id")

    def __init__(self) -> None:
        self._id = ""
        self._first = Parsed()

    def parse(self, line: Line, source: object, parse: Callable[[], Parsed]) -> Parsed:
        """What a part says; `parse` is asked of first ones, and `source` tells the stream from others."""
        if line.part == 1 or not self._id:
            # The same again when it is read again.
            self._id = f"{zlib.crc32(line.body):08x}{zlib.crc32(f'{source} {line.offset}'.encode()):08x}"
            first = parse()
            self._first = first.with_attributes(b"")
            return first.with_part(line.part, self._id)
        return self._first.with_part(line.part, self._id)

    def position(self) -> dict[str, Any]:
        """As JSON, for a restart between two parts."""
        first = self._first
        return {
            "id": self._id,
            "time": first.time_unix_nano,
            "severity": first.severity,
            "text": first.severity_text.decode("latin-1"),
            "trace": first.trace_id.hex(),
            "span": first.span_id.hex(),
        }

    @classmethod
    def at(cls, position: dict[str, Any]) -> "Parts":
        """The inverse; of a position of an older release, the next part is taken for the first."""
        parts = cls()
        if position:
            parts._id = position["id"]
            parts._first = Parsed(
                position["time"],
                position["severity"],
                position["text"].encode("latin-1"),
                b"",
                bytes.fromhex(position["trace"]),
                bytes.fromhex(position["span"]),
            )
        return parts
