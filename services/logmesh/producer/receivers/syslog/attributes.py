"""What a header says beside time, severity and sender, as attributes in OpenTelemetry's names: `syslog.facility`, `syslog.procid`,
`syslog.msgid`, and `syslog.<SD-ID>.<PARAM-NAME>` of structured data; where the origin has not got them, `syslog.hostname` and
`syslog.appname`."""

import re
from functools import lru_cache
from typing import Any, Final, NamedTuple

from logmesh.producer.attributes import OMITTED, attributes_of, joined_attributes, replaced
from logmesh.record.entry import clean_text
from logmesh.record.json_text import dump_json
from logmesh.record.limits import MAX_NAME_BYTES

_ELEMENT: Final = re.compile(r'\[([^\s=\]"]++)((?>(?: ++[^\s=\]"]++="(?:[^"\\]|\\.)*+")*)) *+\]', re.DOTALL)
_PARAMETER: Final = re.compile(r'([^\s=\]"]++)="((?:[^"\\]|\\.)*+)"', re.DOTALL)
_ESCAPE: Final = re.compile(r'\\(["\\\]])')
_MOST_REMEMBERED: Final = 4_096
_LONGEST_REMEMBERED: Final = 1_024
"""Bytes of structured data: anybody can send others with each message."""
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

    def with_names(self, host: bytes, app: bytes) -> "HeaderAttributes":
        """The same with the names of host and program before them."""
        if self.are_left_out:  # the body is the message, which has the names
            return self
        return HeaderAttributes(joined_attributes(named(host, app), self.text), self.size + 2)

    def with_fields(self, fields: bytes) -> bytes:
        """The JSON text of these and of the message's own, or of these alone where both are too many: the body has the others."""
        if not fields:
            return self.text
        joined = joined_attributes(self.text, fields) if self.size <= _FEW else OMITTED
        return joined_attributes(self.text, OMITTED) if joined is OMITTED else joined


def named(host: bytes, app: bytes) -> bytes:
    """The JSON text of the names of host and program, for a record whose origin has not got them."""
    names = {"syslog.hostname": host, "syslog.appname": app}
    return dump_json({name: clean_text(value, MAX_NAME_BYTES).decode() for name, value in names.items() if value})


def header_attributes(facility: str, process: bytes, message_id: bytes, structured_data: bytes) -> HeaderAttributes:
    """The attributes of a header, never none. Those of one program are alike, and remembered."""
    make = _remembered if len(structured_data) <= _LONGEST_REMEMBERED else _made
    return make(facility, process, message_id, structured_data)


def _made(facility: str, process: bytes, message_id: bytes, structured_data: bytes) -> HeaderAttributes:
    fields: dict[str, Any] = {"syslog.facility": facility}
    if process:
        fields["syslog.procid"] = replaced(process)
    if message_id:
        fields["syslog.msgid"] = replaced(message_id)
    if structured_data:
        _add_structured_data(fields, replaced(structured_data))
    return HeaderAttributes(attributes_of(fields, len(structured_data)), len(fields))


_remembered: Final = lru_cache(_MOST_REMEMBERED)(_made)


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
