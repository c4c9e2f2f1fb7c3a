"""The lines of a container's log: the runtime's time, stream and flag, then what the container wrote.

Kubernetes calls it the CRI logging format. Flag `P` means that the runtime split a long line, and that more of it follows.
"""

import re
from typing import Final

PREFIX: Final = re.compile(rb"(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)) (stdout|stderr) ([FP]) ")
"""Time, stream, flag."""


def unwrap(record: bytes) -> tuple[bytes, bytes]:
    """What the container wrote, and its first line behind the runtime's prefix, as `parse_line` takes it.

    Lines that the runtime split are whole again, those that are not in the format stay as they are.
    """
    first = PREFIX.match(record)
    if first is None:
        return record, record.partition(b"\n")[0]
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
