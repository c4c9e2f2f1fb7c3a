"""Records that show what a template is of: whole, as far as an answer has room for them."""

import time
from collections.abc import Sequence
from typing import Final

from logmesh.gateway.walking.deadline import seconds_left
from logmesh.record.ids import format_record_id
from logmesh.store.order import Cursor
from logmesh.store.store import Store
from logmesh.v1.record_pb2 import LogRecord

EXAMPLES_BYTES: Final = 2 << 20
"""Clients take four megabytes: examples beyond this come without their body and attributes."""
READ_BYTES: Final = 4 << 20
"""Once so much was read, of the others it is only told which they are."""
_FIRST: Final = 20
_MOST: Final = 60
"""Records to read at once, of up to 320 KiB each: more of them where those before were small."""


async def examples(store: Store, tenant: str, places: Sequence[Cursor], *, seconds: float) -> dict[Cursor, LogRecord]:
    """By place, those that are there; retention may have dropped one meanwhile. Raises StoreError."""
    deadline = time.monotonic() + seconds
    found: dict[Cursor, LogRecord] = {}
    read, held, largest, at, step = 0, 0, 1, 0, _FIRST
    while at < len(places) and read < READ_BYTES:
        part = places[at : at + step]
        records = await store.records(tenant, part, seconds=seconds_left(deadline))
        for place in part:
            record = records.get((place.spool, place.position))
            if record is None:
                continue
            size = record.ByteSize()
            read, largest = read + size, max(largest, size)
            if held + size > EXAMPLES_BYTES:
                record.body = ""
                record.ClearField("attributes")
            held += record.ByteSize()
            found[place] = record
        at, step = at + len(part), min(_MOST, max(0, READ_BYTES - read) // largest + 1)
    for place in places[at:]:
        found[place] = LogRecord(id=format_record_id(place.spool, place.position), time_unix_nano=place.unix_nano)
    return found
