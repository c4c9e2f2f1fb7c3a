"""What a tail shows of a batch is what its destination stores."""

import pytest
from tests.batches import encode_batch

from logmesh.processor.entries import Moment
from logmesh.processor.frame import Header
from logmesh.processor.live_records import live_records
from logmesh.record.packed import pack_times
from logmesh.storage.ledger import SpoolKey
from logmesh.v1.record_pb2 import LogColumns

NOW = 1_790_000_000 * 10**9
DAYS_AGO = NOW - 7 * 86_400 * 10**9
HEADER = Header(SpoolKey("default", "00000000-0000-0000-0000-000000000001"), 1, 2, "test", "test", NOW)


@pytest.mark.parametrize(("earliest", "shown"), [(None, [(DAYS_AGO, 5), (NOW, 0)]), (1, [(5, 0), (NOW, 0)])])
def test_old_times_are_shown_as_they_are_stored(earliest: int | None, shown: list[tuple[int, int]]) -> None:
    columns = LogColumns(times_unix_nano=pack_times([5, 0]), bodies=[b"old", b"of unknown time"])
    records = live_records(HEADER, encode_batch(1, columns), 7, Moment(NOW, earliest=earliest))
    assert [(record.time_unix_nano, record.original_time_unix_nano) for _, record in records] == shown
