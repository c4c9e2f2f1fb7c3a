"""A spool on disk and one in memory keep the same promises to a stream."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from tests.unit.journal.disks import file_size_limit, no_descriptor_left

from logmesh.client.delivering.lanes import Known
from logmesh.client.delivering.memory_spool import MemorySpool
from logmesh.client.delivering.packer import Spooling
from logmesh.client.delivering.spool import Spool
from logmesh.journal import JournalFull
from logmesh.record.columns import ColumnsBuilder
from logmesh.record.ranges import RangeSet
from logmesh.v1.ingest_service_pb2 import AppendRequest
from logmesh.v1.record_pb2 import LogColumns


@pytest.fixture(params=["disk", "memory"])
def outbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Spooling]:
    spool: Spooling = (
        Spool(tmp_path / "spool", max_bytes=64 << 20, retain_seconds=0)
        if request.param == "disk"
        else MemorySpool(64 << 20)
    )
    yield spool
    spool.close()


def columns(*bodies: bytes) -> LogColumns:
    builder = ColumnsBuilder()
    for body in bodies:
        builder.append(body, time_unix_nano=1)
    return builder.build(1)


def told(outbox: Spooling, committed: RangeSet) -> list[int]:
    """What is left to send when the ledger has said what it holds."""
    assert outbox.reconcile({outbox.held()[-1].spool_id: Known(committed)}) == []
    return outbox.after(0)


def test_a_batch_that_is_refused_on_a_disk_without_room_stays_in_its_segment(tmp_path: Path) -> None:
    spool = Spool(tmp_path, max_bytes=64 << 20, retain_seconds=0)
    kept, refused = spool.hold(columns(b"kept")), spool.hold(columns(b"refused"))
    with file_size_limit(0):
        assert "quarantined" in spool.set_aside(refused, "odd")
    assert spool.after(0) == [kept]
    spool.commit(kept, kept)
    spool.close()
    (file,) = tmp_path.glob("*.quarantined")
    assert b"refused" in file.read_bytes()


def test_batches_are_numbered_from_1_and_read_as_they_are_sent(outbox: Spooling) -> None:
    assert (outbox.last_place(), outbox.uncommitted(), outbox.lowest_uncommitted()) == (0, 0, 0)
    assert [(lane.lowest_seq, lane.last_seq) for lane in outbox.held()] == [(0, 0)]
    assert [outbox.hold(columns(b"a")), outbox.hold(columns(b"b", b"c"))] == [1, 2]
    batch = AppendRequest.FromString(outbox.read(2)).batch
    assert (batch.seq, batch.count) == (2, 2)
    assert outbox.read(2) == outbox.read(2)
    assert (outbox.last_place(), outbox.uncommitted()) == (2, 2)
    (lane,) = outbox.held()
    assert (lane.lowest_seq, lane.last_seq, UUID(lane.spool_id).bytes) == (1, 2, batch.spool_id)
    with pytest.raises(KeyError):
        outbox.read(3)


def test_committed_batches_are_let_go_of_in_any_order(outbox: Spooling) -> None:
    for _ in range(5):
        outbox.hold(columns(b"a", b"b"))
    assert outbox.commit(2, 3) == 4
    assert outbox.commit(2, 3) == 0
    assert (outbox.uncommitted(), outbox.lowest_uncommitted()) == (3, 1)
    assert outbox.commit(1, 10_000_000) == 6
    assert (outbox.uncommitted(), outbox.lowest_uncommitted()) == (0, 0)


def test_the_ledger_s_word_counts(outbox: Spooling) -> None:
    for _ in range(5):
        outbox.hold(columns(b"a"))
    assert told(outbox, RangeSet([(1, 2), (4, 4)])) == [3, 5]
    assert outbox.uncommitted() == 2
    assert outbox.after(3) == [5]
    assert outbox.after(0) == [3, 5]
    assert outbox.after(5) == []


def test_what_is_held_is_still_sent_where_a_copy_of_the_spool_was_heard_of(outbox: Spooling) -> None:
    outbox.hold(columns(b"a"))
    known = {outbox.held()[-1].spool_id: Known(rewound=3)}
    assert [(found.code, found.batches) for found in outbox.reconcile(known)] == [("rewound", 0)]
    assert outbox.after(0) == [1]


def test_a_refused_batch_is_gone_and_named_as_abandoned(outbox: Spooling) -> None:
    for _ in range(3):
        outbox.hold(columns(b"a"))
    assert outbox.set_aside(2, "odd")
    with pytest.raises(KeyError):
        outbox.set_aside(2, "odd")
    (lane,) = outbox.held()
    assert list(lane.abandoned) == [(2, 2)]
    assert told(outbox, RangeSet()) == [1, 3]
    outbox.give_up(3)
    assert outbox.uncommitted() == 1


def test_a_full_memory_says_so_until_something_is_committed() -> None:
    spool = MemorySpool(1_000)
    while spool.has_room():
        spool.hold(columns(b"x" * 100))
    assert 3 <= spool.uncommitted() <= 10
    spool.commit(1, 1)
    spool.commit(2, 2)
    assert spool.has_room()


def test_a_spool_without_a_file_descriptor_is_full_for_the_moment(tmp_path: Path) -> None:
    spool = Spool(tmp_path, max_bytes=64 << 20, retain_seconds=0)
    with no_descriptor_left(), pytest.raises(JournalFull):
        spool.hold(columns(b"a"))
    assert spool.hold(columns(b"a")) == 1
    spool.close()
