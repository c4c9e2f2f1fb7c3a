"""What a line says beside itself, as the readers of each format give it."""

from typing import NamedTuple


class Parsed(NamedTuple):
    """What a line says beside itself. 0 and no bytes mean that it doesn't say."""

    time_unix_nano: int = 0
    severity: int = 0
    severity_text: bytes = b""
    attributes: bytes = b""
    trace_id: bytes = b""
    span_id: bytes = b""

    # Written out, for `_replace` takes longer than most formats.

    def at(self, time_unix_nano: int) -> "Parsed":
        """The same at another time."""
        return Parsed(time_unix_nano, self.severity, self.severity_text, self.attributes, self.trace_id, self.span_id)

    def of_level(self, severity: int, severity_text: bytes) -> "Parsed":
        """The same with another level."""
        return Parsed(self.time_unix_nano, severity, severity_text, self.attributes, self.trace_id, self.span_id)

    def with_attributes(self, attributes: bytes) -> "Parsed":
        """The same with other attributes."""
        return Parsed(self.time_unix_nano, self.severity, self.severity_text, attributes, self.trace_id, self.span_id)

    def with_part(self, part: int, line_id: str) -> "Parsed":
        """The same, its attributes saying which part this is of a record that is too large for one, and of which one."""
        which = b'{"logmesh.part":%d,"logmesh.line":"%b"' % (part, line_id.encode())
        return self.with_attributes(which + (b"," + self.attributes[1:] if self.attributes else b"}"))
