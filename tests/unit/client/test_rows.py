"""What `append` takes goes into columns; what would not is refused at the caller's."""

from datetime import UTC, datetime
from typing import Any

import pytest

from logmesh.client.delivering.row import MAX_UNIX_NANO, columns_of, origin_of, row_of
from logmesh.client.record import Record
from logmesh.record.columns import OriginKey
from logmesh.record.limits import MAX_ATTRIBUTES_BYTES, MAX_NAME_BYTES


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"observed_time": datetime(1, 1, 1, tzinfo=UTC)}, ValueError),  # Go's zero time
        ({"observed_time": datetime.max.replace(tzinfo=UTC)}, ValueError),
        ({"time": datetime.max.replace(tzinfo=UTC)}, ValueError),
        ({"time_unix_nano": 1.7e18}, TypeError),
        ({"time_unix_nano": MAX_UNIX_NANO + 1}, ValueError),
        ({"severity_number": 9.0}, TypeError),
        ({"severity_number": -1}, ValueError),
        ({"flags": 1.0}, TypeError),
        ({"flags": 1 << 32}, ValueError),
        ({"resource": {"k": "v" * MAX_ATTRIBUTES_BYTES}}, ValueError),
    ],
)
def test_what_columns_can_t_hold_is_refused(fields: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        row_of(Record(body="odd", **fields), OriginKey(), 1)


def test_the_greatest_values_are_taken() -> None:
    greatest = Record(
        body="b", time_unix_nano=MAX_UNIX_NANO, severity_number=24, flags=(1 << 32) - 1,
        observed_time=datetime(2262, 4, 11, tzinfo=UTC), resource={"k": "v" * (MAX_ATTRIBUTES_BYTES - 8)},
    )  # fmt: skip
    columns = columns_of([row_of(greatest, OriginKey(), 1)], 1)
    assert (columns.severity_numbers[0], columns.flags[0]) == (24, (1 << 32) - 1)


def test_a_scope_is_cut_as_processors_cut_it() -> None:
    assert origin_of("s", "i", {}, "ä" * 1_000).scope_name.decode() == "ä" * (MAX_NAME_BYTES // 2)
