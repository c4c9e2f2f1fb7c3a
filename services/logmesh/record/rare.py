"""What few records say beside the rest: when they were first seen, a structured body, an event's name, flags, attributes left out.

On the wire these are columns that most batches leave out. In the store they are one JSON object, null for a record that says nothing of
it, so that an ordinary record costs no byte; `rare_text` writes it and `read_rare` reads it.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from logmesh.record.entry import clean_text
from logmesh.record.json_text import dump_json, load_exact_json
from logmesh.record.limits import MAX_NAME_BYTES
from logmesh.record.packed import pack_times, unpack_times
from logmesh.record.values import json_value, set_value
from logmesh.v1.record_pb2 import LogColumns, LogRecord

RARE_COLUMNS: Final = (
    "observed_times_unix_nano", "structured_bodies", "event_names", "flags", "dropped_attributes_counts",
)  # fmt: skip
_OBSERVED: Final = "observed"
_STRUCTURED: Final = "structured"
_EVENT: Final = "event"
_FLAGS: Final = "flags"
_DROPPED: Final = "dropped"


class Rare(NamedTuple):
    """Of one record. `structured` says that the body is the JSON of a value."""

    observed_time_unix_nano: int = 0
    structured: bool = False
    event_name: bytes = b""
    flags: int = 0
    dropped_attributes: int = 0


NOTHING_RARE: Final = Rare()


def body_and_rare(record: LogRecord) -> tuple[bytes, Rare]:
    """A record's body as it travels, and the rest."""
    given = record.HasField("structured_body")
    structured = given and record.structured_body.WhichOneof("kind") != "string_value"
    body = record.structured_body.string_value if given else record.body
    return dump_json(json_value(record.structured_body)) if structured else body.encode(), Rare(
        0 if record.observed_time_unix_nano == record.time_unix_nano else record.observed_time_unix_nano,
        structured,
        record.event_name.encode(),
        record.flags,
        record.dropped_attributes_count,
    )


def add_rare(columns: LogColumns, rare: Sequence[Rare]) -> None:
    """Puts what records say, in their order, into columns that have none of it yet; those that say nothing stay out."""
    if not any(map(any, rare)):
        return
    observed, structured, events, flags, dropped = zip(*rare, strict=True)
    if any(observed):
        columns.observed_times_unix_nano = pack_times(observed)
    if any(structured):
        columns.structured_bodies = bytes(structured)
    if any(events):
        columns.event_names.extend(events)
    if any(flags):
        columns.flags.extend(flags)
    if any(dropped):
        columns.dropped_attributes_counts.extend(dropped)


def has_rare(columns: LogColumns) -> bool:
    """Whether any record says something of it."""
    return any(getattr(columns, name) for name in RARE_COLUMNS)


def rare_in(columns: LogColumns) -> list[Rare]:
    """By record, what columns say; for columns that fit together."""
    count = len(columns.bodies)
    nothing = [0] * count
    return [
        Rare(observed, bool(structured), event, flags, dropped)
        for observed, structured, event, flags, dropped in zip(
            unpack_times(columns.observed_times_unix_nano) or nothing,
            columns.structured_bodies or nothing,
            columns.event_names or [b""] * count,
            columns.flags or nothing,
            columns.dropped_attributes_counts or nothing,
            strict=True,
        )
    ]


def rare_text(rare: Rare, time_unix_nano: int) -> bytes:
    """The JSON object of what is kept of a record of this time; no bytes for nothing, as for an observed time that is the same."""
    observed, structured, event_name, flags, dropped = rare
    if not (structured or event_name or dropped):
        return _seen_text(observed, flags, time_unix_nano)
    fields: dict[str, Any] = {}
    if observed not in (0, time_unix_nano):
        fields[_OBSERVED] = observed
    if structured:
        fields[_STRUCTURED] = True
    if event := clean_text(event_name, MAX_NAME_BYTES):
        fields[_EVENT] = event.decode()
    if flags:
        fields[_FLAGS] = flags
    if dropped:
        fields[_DROPPED] = dropped
    return dump_json(fields) if fields else b""


def _seen_text(observed: int, flags: int, time_unix_nano: int) -> bytes:
    """The same of a record that says these alone, as each of OpenTelemetry's SDKs does."""
    if observed in (0, time_unix_nano):
        return b'{"flags":%d}' % flags if flags else b""
    return b'{"observed":%d,"flags":%d}' % (observed, flags) if flags else b'{"observed":%d}' % observed


def rare_texts(columns: LogColumns, places: Iterable[int]) -> list[bytes]:
    """By place in columns that fit together, `rare_text` of that record with the time that it came with; an empty list where no record
    says anything of it."""
    if not has_rare(columns):
        return []
    times = unpack_times(columns.times_unix_nano)
    if columns.structured_bodies or columns.event_names or columns.dropped_attributes_counts:
        rares = rare_in(columns)
        return [rare_text(rares[place], times[place]) for place in places]
    nothing = [0] * len(times)
    observed, flags = unpack_times(columns.observed_times_unix_nano) or nothing, columns.flags[:] or nothing
    return [_seen_text(observed[place], flags[place], times[place]) for place in places]


def read_rare(text: str | bytes, record: LogRecord) -> None:
    """Puts what `rare_text` wrote into a record that has its body. A body that is no JSON after all stays a text."""
    fields = load_exact_json(text.encode() if isinstance(text, str) else text)
    record.observed_time_unix_nano = fields.get(_OBSERVED, 0)
    record.event_name = fields.get(_EVENT, "")
    record.flags = fields.get(_FLAGS, 0)
    record.dropped_attributes_count = fields.get(_DROPPED, 0)
    if fields.get(_STRUCTURED):
        read_structured(record)


def read_structured(record: LogRecord) -> None:
    """Makes a record's body, which is JSON, its structured body too; what is none stays a text."""
    try:
        set_value(record.structured_body, load_exact_json(record.body.encode()))
    except ValueError:
        record.ClearField("structured_body")
