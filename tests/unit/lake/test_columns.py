"""Batches as Arrow columns: every record once, with all that it says, in a file's order."""

import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmesh.lake.schema import ROW_GROUP_ROWS, SCHEMA
from logmesh.lake.writing.attributes import formed_origin
from logmesh.lake.writing.columns import Checked, Clock, Columns
from logmesh.record.columns import columns_from_records, records_from_columns
from logmesh.record.ids import position_of
from logmesh.record.kept import Kept
from logmesh.record.packed import pack_times
from logmesh.record.values import plain, set_values
from logmesh.v1.record_pb2 import LogColumns, LogRecord, Origin

NOW = 1_790_000_000 * 10**9
CLOCK = Clock(latest=NOW + 600 * 10**9)
TIMES = st.integers(1, CLOCK.latest)


@st.composite
def records(draw: st.DrawFn) -> LogRecord:
    record = LogRecord(
        time_unix_nano=draw(TIMES),
        severity_number=draw(st.integers(0, 24)),  # type: ignore[arg-type]
        severity_text=draw(st.sampled_from(["", "", "WARN", "notice", "é"])),
        body=draw(st.text(max_size=5)),
        trace_id=draw(st.sampled_from([b"", b"t" * 16, bytes(15) + b"\1"])),
        span_id=draw(st.sampled_from([b"", b"s" * 8])),
        flags=draw(st.sampled_from([0, 0, 1])),
        event_name=draw(st.sampled_from(["", "", "e"])),
    )
    record.resource.service_name = draw(st.sampled_from(["checkout", "api", "é"]))
    record.resource.service_instance_id = draw(st.sampled_from(["", "pod-1"]))
    record.resource.dropped_attributes_count = draw(st.sampled_from([0, 0, 7]))
    record.scope.name = draw(st.sampled_from(["", "logger"]))
    set_values(record.resource.attributes, draw(st.sampled_from([{}, {"k8s.pod": "x"}])))
    set_values(record.attributes, draw(st.sampled_from([{}, {"n": 1}, {"a": "é", "b": [1.5, None]}])))
    return record


def checked(seq: int, columns: LogColumns, *, spool: int = 7, at: list[int] | None = None) -> Checked:
    kept = Kept(
        columns,
        np.arange(len(columns.bodies)),
        columns.bodies[:],
        columns.attributes[:] or [b""] * len(columns.bodies),
        columns.severity_numbers or bytes(len(columns.bodies)),
    )
    if at is not None:
        kept = kept.without(set(range(len(columns.bodies))).difference(at))
    indexes = np.array(columns.origin_indexes, np.uint32) if columns.origin_indexes else None
    origin_of = indexes if indexes is None or kept.at is None else indexes[kept.at]
    origins = list(map(formed_origin, columns.origins or [Origin()]))
    return Checked("acme", spool, seq, NOW + seq, origins, origin_of, kept)


def table_of(*batches: Checked, clock: Clock = CLOCK) -> pa.Table:
    columns = Columns(batches, clock)
    table = pa.concat_tables(map(columns.table, columns.row_groups())).unify_dictionaries().combine_chunks()
    table.validate(full=True)
    assert table.schema == SCHEMA
    return table


@given(st.lists(st.lists(records(), min_size=1, max_size=6), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_a_table_says_what_the_batches_said(groups: list[list[LogRecord]], chance: random.Random) -> None:
    batches, expected = [], {}
    for seq, group in enumerate(groups, 1):
        columns = columns_from_records(group, NOW)
        kept = sorted(chance.sample(range(len(group)), chance.randint(1, len(group))))
        batches.append(checked(seq, columns, at=kept))
        # What the columns give back: a time that nobody said and a scope that says nothing are settled there.
        for entry, record in enumerate(records_from_columns(columns)):
            if entry in kept:
                expected[position_of(seq, entry)] = (seq, record)
    rows = table_of(*batches).to_pylist()
    assert len(rows) == len(expected)
    for row in rows:
        seq, record = expected[row["position"]]
        _says(row, record)
        assert (row["spool"], row["received"]) == (7, NOW + seq)
    assert rows == sorted(rows, key=lambda row: (row["service"], row["time"]))


def _says(row: dict[str, Any], record: LogRecord) -> None:
    assert row["time"] == record.time_unix_nano and row["original_time_unix_nano"] is None
    assert (row["severity"], row["severity_text"] or "") == (record.severity_number, record.severity_text)
    assert (row["service"], row["instance"]) == (record.resource.service_name, record.resource.service_instance_id)
    assert row["resource"] == ('{"k8s.pod":"x"}' if record.resource.attributes else "{}")
    assert row["origin_extra"] == ('{"resource_dropped":7}' if record.resource.dropped_attributes_count else None)
    assert (row["scope_name"], row["scope_version"], row["body"]) == (record.scope.name, "", record.body)
    assert row["attributes"] == _ATTRIBUTES[frozenset(plain(record.attributes))]
    extra = [f'"event":"{record.event_name}"'] * bool(record.event_name) + ['"flags":1'] * bool(record.flags)
    assert row["extra"] == ("{" + ",".join(extra) + "}" if extra else None)
    assert (row["trace_id"] or b"", row["span_id"] or b"") == (record.trace_id, record.span_id)


_ATTRIBUTES = {frozenset(): None, frozenset("n"): '{"n":1}', frozenset("ab"): '{"a":"é","b":[1.5,null]}'}


def columns_at(*times: int, observed: int = 0) -> LogColumns:
    return LogColumns(times_unix_nano=pack_times(times), bodies=[b"x"] * len(times), observed_time_unix_nano=observed)


@pytest.mark.parametrize(
    ("stated", "stored", "original"),
    [
        (1, 1, None),
        (CLOCK.latest, CLOCK.latest, None),
        (CLOCK.latest + 1, CLOCK.latest, CLOCK.latest + 1),
        ((1 << 64) - 1, CLOCK.latest, (1 << 63) - 1),
    ],
)
def test_times_from_1970_to_ten_minutes_ahead_are_stored_as_they_are(
    stated: int, stored: int, original: int | None
) -> None:
    rows = table_of(checked(1, columns_at(stated, NOW))).sort_by("position").to_pylist()
    assert [(row["time"], row["original_time_unix_nano"]) for row in rows] == [(stored, original), (NOW, None)]


@pytest.mark.parametrize(
    ("observed", "stored"), [(5, 5), (NOW, NOW), (0, NOW + 1 + 3), (CLOCK.latest + 1, NOW + 1 + 3)]
)
def test_a_record_of_unknown_time_gets_when_it_was_read_or_received(observed: int, stored: int) -> None:
    clock = Clock(CLOCK.latest, ahead=3)
    table = table_of(checked(1, columns_at(0, observed=observed)), clock=clock)
    assert table["time"].to_pylist() == [stored]


def test_row_groups_follow_each_other_in_time_and_are_sorted_by_service_within() -> None:
    count = ROW_GROUP_ROWS // 8 + 100
    batches = []
    for seq in range(1, 9):
        origins = [Origin(service_name=name) for name in (b"b", b"a")]
        columns = LogColumns(
            origins=origins,
            origin_indexes=[at % 2 for at in range(count)],
            times_unix_nano=pack_times([NOW + at * 8 - seq for at in range(count)]),
            bodies=[b""] * count,
        )
        batches.append(checked(seq, columns))
    table = table_of(*batches)
    first, second = table.slice(0, ROW_GROUP_ROWS), table.slice(ROW_GROUP_ROWS)
    assert max(first["time"].to_pylist()) < min(second["time"].to_pylist())
    for part in (first, second):
        keys = list(zip(part["service"].to_pylist(), part["time"].to_pylist(), strict=True))
        assert keys == sorted(keys)
    assert len(set(table["position"].to_pylist())) == 8 * count
