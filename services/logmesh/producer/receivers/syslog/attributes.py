"""What a header says beside time, severity and sender, as attributes in OpenTelemetry's names: `syslog.facility`, `syslog.procid`,
`syslog.msgid`, and `syslog.<SD-ID>.<PARAM-NAME>` of structured data."""

import re
from typing import Any, Final, NamedTuple

from logmesh.producer.attributes import OMITTED, attributes_of, joined_attributes, replaced
from logmesh.producer.receivers.syslog.headers import Header

_ELEMENT: Final = re.compile(r'\[([^\s=\]"]++)((?: ++[^\s=\]"]++="(?:[^"\\]|\\.)*+")*+) *+\]', re.DOTALL)
_PARAMETER: Final = re.compile(r'([^\s=\]"]++)="((?:[^"\\]|\\.)*+)"', re.DOTALL)
_ESCAPE: Final = re.compile(r'\\(["\\\]])')
_FEW: Final = 8
"""So many beside those of a message that is JSON itself are never too many for a record."""


class HeaderAttributes(NamedTuple):
    """The JSON text of a header's attributes; `size` is how many these are."""

    text: bytes
    size: int

    @property
    def are_left_out(self) -> bool:
        """Whether they are too many, or too large, for a record: then its body has to be the message with its header."""
        return self.text is OMITTED

    def with_fields(self, fields: bytes) -> bytes:
        """The JSON text of these and of the message's own, or of these alone where both are too many: the body has the others."""
        if not fields:
            return self.text
        joined = joined_attributes(self.text, fields) if self.size <= _FEW else OMITTED
        return joined_attributes(self.text, OMITTED) if joined is OMITTED else joined


def header_attributes(header: Header) -> HeaderAttributes:
    """The attributes of a header, never none."""
    fields: dict[str, Any] = {"syslog.facility": header.priority.facility}
    if header.process:
        fields["syslog.procid"] = replaced(header.process)
    if header.message_id:
        fields["syslog.msgid"] = replaced(header.message_id)
    if header.structured_data:
        _add_structured_data(fields, replaced(header.structured_data))
    return HeaderAttributes(attributes_of(fields, len(header.structured_data)), len(fields))


def _add_structured_data(fields: dict[str, Any], text: str) -> None:
    """An element without parameters is true; a parameter that comes again is a list."""
    for element, parameters in _ELEMENT.findall(text):
        name = f"syslog.{element}"
        if not parameters:
            fields.setdefault(name, True)
        for parameter, escaped in _PARAMETER.findall(parameters):
            value = _ESCAPE.sub(r"\1", escaped) if "\\" in escaped else escaped
            key = f"{name}.{parameter}"
            if key not in fields:
                fields[key] = value
            elif isinstance(before := fields[key], list):
                before.append(value)
            else:
                fields[key] = [before, value]
