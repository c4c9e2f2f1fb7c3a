"""What senders send: each record is told by its number, and so is all that must be stored of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

BODY = "record {:09d} of the sender"
RESOURCE: Mapping[str, str | int] = {
    "service.name": "senders",
    "service.instance.id": "one",
    "cloud.zone": "b",
    "replica": 3,
}
SCOPE = ("shop.orders", "1.2.3")
SEVERITIES = (5, 9, 13, 17)
NANOSECONDS = 1_000
"""Between one record and the next."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record as a sender is given it. `time` is in nanoseconds."""

    body: str
    time: int
    severity: int
    attributes: Mapping[str, Any]
    trace_id: int
    span_id: int


def record_of(number: int, began: int) -> Record:
    """The record of a number; `began` is the time of the first one."""
    attributes = {
        "order": number,
        "user.name": f"user {number % 97} \u00fc\u2713",
        "ratio": number / 8,
        "paid": number % 2 == 0,
        "tags": ["a", str(number % 7)],
        "cart": {"items": number % 5, "note": 'one "quoted" \\ line\nand another'},
    }
    severity = SEVERITIES[number % len(SEVERITIES)]
    return Record(
        BODY.format(number), began + number * NANOSECONDS, severity, attributes, (7 << 64) + number, number + 1
    )


def number_of(body: str) -> int:
    """The number of the record that has this body, -1 where no sender of tests would say this."""
    at = body.find("record ")
    return int(digits) if at >= 0 and (digits := body[at + 7 : at + 16]).isdigit() else -1


def canonical(value: object) -> str:
    """A text that is the same for the same value: 1 and 1.0 are not."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
