"""When batches are cut, and that positions go with exactly the records they speak of."""

from logmesh.producer.batcher import Batcher
from logmesh.producer.parsed import Parsed
from logmesh.producer.sources import Chunk
from logmesh.record.columns import UNKNOWN_ORIGIN


def _chunk(count: int, body: bytes = b"x", offset: int = 0) -> Chunk:
    chunk = Chunk(positions={"1": {"offset": offset}})
    chunk.extend([body] * count, [Parsed()] * count, UNKNOWN_ORIGIN)
    return chunk


def test_a_batch_is_cut_when_it_has_enough_records() -> None:
    batcher = Batcher(max_records=10)
    assert batcher.room == 10
    assert batcher.add(_chunk(6, offset=6), 0.0, 1) == []
    assert batcher.room == 4
    [cut] = batcher.add(_chunk(4, offset=10), 0.0, 77)
    assert cut.count == len(cut.columns.bodies) == 10
    assert cut.positions == {"1": {"offset": 10}}
    assert cut.columns.observed_time_unix_nano == 77
    assert batcher.room == 10


def test_a_batch_is_cut_before_it_gets_too_large() -> None:
    batcher = Batcher(max_bytes=1000)
    assert batcher.add(_chunk(1, b"x" * 600, offset=1), 0.0, 1) == []
    [cut] = batcher.add(_chunk(1, b"y" * 600, offset=2), 0.0, 1)
    assert list(cut.columns.bodies) == [b"x" * 600]
    assert cut.positions == {"1": {"offset": 1}}
    assert [cut.count for cut in batcher.add(_chunk(1, b"z" * 2000, offset=3), 0.0, 1)] == [1, 1]
    assert batcher.seconds_left(0.0) is None


def test_a_batch_is_cut_when_its_oldest_record_has_waited() -> None:
    batcher = Batcher(max_age_seconds=0.5)
    assert batcher.seconds_left(9.0) is None
    batcher.add(_chunk(1), 10.0, 1)
    batcher.add(_chunk(1), 10.4, 1)
    assert batcher.seconds_left(10.25) == 0.25
    assert batcher.seconds_left(11.0) == 0.0
    assert [cut.count for cut in batcher.add(_chunk(1), 10.5, 1)] == [3]


def test_positions_without_records_wait_for_their_age() -> None:
    batcher = Batcher()
    assert batcher.add(Chunk(positions={"1": None}), 5.0, 1) == []
    assert batcher.seconds_left(5.0) == 0.5
    cut = batcher.cut(1)
    assert (cut.count, cut.positions) == (0, {"1": None})


def test_an_empty_chunk_starts_no_clock() -> None:
    batcher = Batcher()
    assert batcher.add(Chunk(), 5.0, 1) == []
    assert batcher.seconds_left(99.0) is None
