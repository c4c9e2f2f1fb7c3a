"""Fields as the JSON text of a record's attributes, within the limits of one record."""

from typing import Any, Final

from logmesh.producer.parsed import Parsed
from logmesh.record.json_text import dump_json, load_exact_json
from logmesh.record.limits import MAX_ATTRIBUTES, MAX_ATTRIBUTES_BYTES

_SAYS_OMITTED: Final = "logmesh.attributes_omitted"
OMITTED: Final = b'{"%b":true}' % _SAYS_OMITTED.encode()
"""Instead of fields that are too many or too large for a record; the body still has them."""

# What the producer adds to a line's own: its stream, its container, its part.
_MOST: Final = MAX_ATTRIBUTES - 8


def attributes_of(fields: dict[str, Any], line_length: int) -> bytes:
    """The JSON text of fields from a line of `line_length` bytes; empty when there are none."""
    if not fields:
        return b""
    if len(fields) > _MOST or line_length > 2 * MAX_ATTRIBUTES_BYTES:
        return OMITTED
    try:
        text = dump_json(fields)
    except ValueError:
        return OMITTED
    return text if len(text) <= MAX_ATTRIBUTES_BYTES else OMITTED


def without_largest(text: bytes) -> bytes:
    """The JSON text of attributes that became too large for a record: its largest members leave until it fits, and it says so."""
    try:
        fields = load_exact_json(text)
        if not isinstance(fields, dict):
            return OMITTED
        text = dump_json(fields)
        if len(text) <= MAX_ATTRIBUTES_BYTES:
            return text
        sizes = {name: len(dump_json({name: value})) - 1 for name, value in fields.items()}
        over = len(text) + len(OMITTED) - MAX_ATTRIBUTES_BYTES
        for name in sorted(sizes, key=sizes.__getitem__, reverse=True):
            if over > 0:
                over -= sizes[name]
                del fields[name]
        return dump_json({**fields, _SAYS_OMITTED: True})
    except ValueError:
        return OMITTED


def with_attributes(parsed: Parsed, names: dict[str, str]) -> Parsed:
    """The same with these few before its own."""
    return with_text(parsed, dump_json(names)) if names else parsed


def with_text(parsed: Parsed, text: bytes) -> Parsed:
    """The same with those whose JSON text is given before its own."""
    return parsed.with_attributes(joined_attributes(text, parsed.attributes))


def joined_attributes(first: bytes, second: bytes) -> bytes:
    """The JSON text of both; the second may be empty."""
    if not second:
        return first
    text = first[:-1] + b"," + second[1:]
    return text if len(text) <= MAX_ATTRIBUTES_BYTES else OMITTED


def named_attributes(names: dict[str, bytes | None]) -> bytes:
    """Attributes from what a format names, leaving out what it leaves out."""
    fields = texts_of(names)
    return attributes_of(fields, sum(map(len, fields.values())))


def texts_of(names: dict[str, bytes | None]) -> dict[str, str]:
    """What a format names as texts, leaving out what it leaves out."""
    return {name: replaced(value) for name, value in names.items() if value and value != b"-"}


def replaced(value: bytes) -> str:
    """The text of bytes that may not be UTF-8."""
    return value.decode("utf-8", "replace")
