"""What matches are grouped by: how PostgreSQL says it of rows and DuckDB of files, and what the catalog's counts know of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal, NamedTuple

import numpy as np

from logmesh.filters import compile_key, compile_value
from logmesh.filters.fields import LEVELS, Column, Field
from logmesh.lake.counts import MINUTE_NANO, Counts, Numbers
from logmesh.lake.reading.conditions import Conditions
from logmesh.store.counts import Buckets

InRows = Callable[[int], tuple[str, list[object]]]
"""Writes an expression for PostgreSQL, its parameters numbered from this one on."""

Kind = Literal["VARCHAR", "BIGINT"]


class Places(NamedTuple):
    """By entry of a file's counts, of which there are some, a place in `values`, which may have the same more than once."""

    places: Any
    values: Sequence[str | int | None]


@dataclass(frozen=True, slots=True)
class Value:
    """One of the values that records are grouped by; `kind` is its type in DuckDB. Of `in_counts` there is none where only records
    have it."""

    in_rows: InRows
    in_files: Callable[[Conditions], str]
    kind: Kind = "VARCHAR"
    in_counts: Callable[[Counts], Places] | None = None


def field_value(field: Field) -> Value:
    """A field as a text."""
    return Value(partial(compile_value, field), lambda to: to.value(field), in_counts=_KNOWN.get(field))


def key_value(field: Field, keys: Sequence[str]) -> Value:
    """Which of `keys` a field has: see `compile_key`."""
    places: dict[str | int | None, int] = {None: 0}
    places.update((key, place + 1) for place, key in enumerate(keys))

    def in_counts(counts: Counts) -> Places:
        found = _KNOWN[field](counts)
        return Places(found.places, [places.get(value, len(keys) + 1) for value in found.values])

    return Value(
        partial(compile_key, field, keys),
        lambda to: to.key(field, keys),
        "BIGINT",
        in_counts if field in _KNOWN else None,
    )


def bucket_value(buckets: Buckets) -> Value:
    """The bucket of a time."""
    start, width = buckets.start_unix_nano, buckets.width_nano

    def in_counts(counts: Counts) -> Places:
        return _ascending((counts.minutes.astype(np.int64) * MINUTE_NANO - start) // width)

    return Value(
        lambda first: (f"((unix_nano - ${first}::bigint) / ${first + 1}::bigint)", [start, width]),
        lambda to: f"((time - {to.bind(start)}) // {to.bind(width)})",
        "BIGINT",
        # Where a bucket ends within a minute, only records know which is theirs.
        None if start % MINUTE_NANO or width % MINUTE_NANO else in_counts,
    )


def _services(counts: Counts) -> Places:
    return Places(counts.of_service, counts.services)


def _levels(counts: Counts) -> Places:
    return Places((counts.severities.astype(np.int64) + 3) // 4, (None, *LEVELS))


def _minutes(counts: Counts) -> Places:
    return _ascending(counts.minutes)


def _ascending(numbers: Numbers) -> Places:
    """Of numbers in order: those that are there, not all between the first and the last, which may be decades apart."""
    is_new = np.diff(numbers, prepend=numbers[:1] - 1) > 0
    return Places(np.cumsum(is_new) - 1, numbers[is_new].tolist())


def _gravities(counts: Counts) -> Places:
    return Places((counts.severities >= 17).astype(np.int64) + (counts.severities >= 21), (0, 1, 2))


_KNOWN: Final[dict[Field, Callable[[Counts], Places]]] = {Column("service"): _services, Column("level"): _levels}
_GRAVITY: Final = "(CASE WHEN severity >= 21 THEN 2 WHEN severity >= 17 THEN 1 ELSE 0 END)"

SERVICE: Final = field_value(Column("service"))
ATTRIBUTES: Final = Value(lambda _: ("attributes::text", []), Conditions.attributes)
RESOURCE: Final = Value(lambda _: ("resource::text", []), lambda _: "resource")
"""JSON texts."""
SEVERITY_TEXT: Final = Value(
    lambda _: ("severity::text", []),
    lambda _: "severity::text",
    in_counts=lambda counts: Places(counts.severities, [str(number) for number in range(32)]),
)
"""The number as a text."""
GRAVITY: Final = Value(lambda _: (_GRAVITY, []), lambda _: _GRAVITY, "BIGINT", _gravities)
"""2 for what is fatal, 1 for another error, else 0."""
MINUTE: Final = Value(
    lambda _: (f"(unix_nano / {MINUTE_NANO})", []), lambda _: f"(time // {MINUTE_NANO})", "BIGINT", _minutes
)
"""Minutes since 1970."""
RECEIVED: Final = Value(
    lambda _: ("(extract(epoch FROM received) * 1000000)::bigint / 60000000", []),
    lambda _: f"(received // {MINUTE_NANO})",
    "BIGINT",
)
"""The minute in which a record was received."""
