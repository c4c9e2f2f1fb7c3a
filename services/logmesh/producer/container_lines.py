"""The lines of a container's log: the runtime's time, stream and flag, then what the container wrote.

Kubernetes calls it the CRI logging format. Flag `P` means that the runtime split a long line, and that more of it follows.
Docker's json-file has the same in an object; there a line that more follows of has no line end.
"""

import re
from typing import Any, Final

import orjson

from logmesh.record.json_text import dump_json

PREFIX: Final = re.compile(rb"(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)) (stdout|stderr) ([FP]) ")
"""Time, stream, flag."""

IN_JSON: Final = b'{"log":"'
"""How each line of Docker's json-file begins."""

_IN_JSON_FIELDS: Final = frozenset(("log", "stream", "time", "attrs"))


def is_in_json(fields: dict[str, Any]) -> bool:
    """Whether an object is a line of Docker's json-file."""
    return isinstance(fields.get("log"), str) and "time" in fields and fields.keys() <= _IN_JSON_FIELDS


def unwrap(record: bytes) -> tuple[bytes, bytes]:
    """What the container wrote, and its first line behind the runtime's prefix, as `parse_line` takes it.

    Lines that the runtime split are whole again, those that are not in the format stay as they are.
    """
    first = PREFIX.match(record)
    if first is None:
        return _unwrap_json(record) if record.startswith(IN_JSON) else (record, record.partition(b"\n")[0])
    if b"\n" not in record:
        return record[first.end() :], record
    parts: list[bytes] = []
    split = True
    for line in record.split(b"\n"):
        if not split:
            parts.append(b"\n")
        found = PREFIX.match(line)
        parts.append(line[found.end() :] if found else line)
        split = found is not None and found[3] == b"P"
    text = b"".join(parts)
    return text, record[: first.end()] + text.partition(b"\n")[0]


def _unwrap_json(record: bytes) -> tuple[bytes, bytes]:
    lines = record.split(b"\n")
    held: list[dict[str, Any]] = []
    for line in lines:
        try:
            fields = orjson.loads(line)
        except orjson.JSONDecodeError:
            return record, lines[0]
        if not isinstance(fields, dict) or not is_in_json(fields):
            return record, lines[0]
        held.append(fields)
    text = "".join(fields["log"] for fields in held).removesuffix("\n")
    first = lines[0]
    if len(held) > 1 and not held[0]["log"].endswith("\n"):
        first = dump_json(held[0] | {"log": text.partition("\n")[0]})
    return text.encode("utf-8", "replace"), first
