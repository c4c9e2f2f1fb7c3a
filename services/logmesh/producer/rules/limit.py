"""Keeps a stream from having more than so many records a second, and says in the stream that it was so.

A stream is what one origin of one tenant writes. The clock is the records' own: a stream that was held up for an hour and comes
all at once has as much as if it had come in time. Which record is over depends on the order in which they come.
"""

import threading
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from logmesh.producer.rules.actions import Done, without
from logmesh.producer.rules.view import View
from logmesh.producer.sources import Chunk
from logmesh.record.columns import OriginKey
from logmesh.record.json_text import dump_json
from logmesh.record.rare import NOTHING_RARE
from logmesh.record.severity import SEVERITY_NUMBERS

MAX_INTERVALS: Final = 10_000
"""How many intervals of streams are remembered; one that is forgotten, because others came since, begins anew."""

_SECOND: Final = 10**9


@dataclass(slots=True)
class _Interval:
    """What came of one stream in one interval."""

    records: int = 0
    said: bool = False


def _new_interval(tenant: str, origin: OriginKey, number: int) -> _Interval:
    """One of a stream before anything came; the stream and the number of the interval are what it is remembered by."""
    return _Interval()


class Limit:
    """In each interval of a stream the first records are kept. The first that is over becomes one that says so, and the rest is
    left out."""

    def __init__(self, name: str, per_second: float, interval_seconds: int) -> None:
        self._name, self._per_second, self._seconds = name, per_second, interval_seconds
        self._most = max(1, int(per_second * interval_seconds))
        self._interval = lru_cache(MAX_INTERVALS)(_new_interval)
        self._guard = threading.Lock()  # over what intervals count

    def __call__(self, view: View, places: list[int]) -> Done:
        """See `Action`."""
        chunk, length = view.chunk, self._seconds * _SECOND
        keys = [(id(chunk.origins[place]), view.times[place] // length) for place in places]
        room: dict[tuple[int, int], int] = {}
        full: set[tuple[int, int]] = set()
        notices: list[int] = []
        gone: list[int] = []
        with self._guard:
            for key, count in Counter(keys).items():
                interval = self._interval(view.tenant, view.origins[key[0]], key[1])
                room[key] = self._most - interval.records
                interval.records += count
                if count > room[key]:
                    full.add(key)
            if not full:
                return Done(chunk)
            for place, key in zip(places, keys, strict=True):
                if key not in full:
                    continue
                room[key] -= 1
                if room[key] >= 0:
                    continue
                interval = self._interval(view.tenant, view.origins[key[0]], key[1])
                (gone if interval.said else notices).append(place)
                interval.said = True
        done = without(self._with_notices(chunk, notices), gone, {"dropped": len(gone) + len(notices)})
        return replace(done, touched=sorted([*gone, *notices]))

    def _with_notices(self, chunk: Chunk, places: list[int]) -> Chunk:
        """With records in these places that say what is left out from here on; time and origin stay."""
        if not places:
            return chunk
        new = replace(
            chunk,
            severities=list(chunk.severities),
            severity_texts=list(chunk.severity_texts),
            bodies=list(chunk.bodies),
            attributes=list(chunk.attributes),
            trace_ids=list(chunk.trace_ids),
            span_ids=list(chunk.span_ids),
            rares=list(chunk.rares),
        )
        for place in places:
            new.severities[place], new.severity_texts[place] = SEVERITY_NUMBERS["WARN"], b"WARN"
            new.bodies[place] = self._sentence(chunk.times[place])
            new.attributes[place] = dump_json({"logmesh.rule": self._name, "logmesh.limit": self._per_second})
            new.trace_ids[place] = new.span_ids[place] = b""
            if new.rares:
                new.rares[place] = NOTHING_RARE
        return new

    def _sentence(self, time_unix_nano: int) -> bytes:
        left_out = f"more than {self._per_second:,g} records a second: others of this stream are left out"
        if not time_unix_nano:
            return f"{left_out} for up to {self._seconds} s (rule {self._name})".encode()
        end = (time_unix_nano // _SECOND // self._seconds + 1) * self._seconds
        return f"{left_out} up to {datetime.fromtimestamp(end, UTC):%H:%M:%S} UTC (rule {self._name})".encode()
