"""Bad input of every kind ends as a stored record, a dead letter or a refusal with a reason. Batches around it are stored."""

import base64
import struct
from collections.abc import Callable
from typing import Any
from uuid import UUID

import google_crc32c
import grpc
import orjson
import pytest
import zstandard
from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.bad_entries import AFTER, BAD_COLUMNS, BAD_RECORDS, BEFORE
from tests.integration.processor.running import RunningProcessor

from logmesh.processor.envelope import OpaqueAppendRequest
from logmesh.record.ids import position_of
from logmesh.record.limits import MAX_BATCH_RECORDS, MAX_RAW_BYTES
from logmesh.record.ranges import RangeSet
from logmesh.v1 import ingest_service_pb2 as pb
from logmesh.v1.ingest_service_pb2_grpc import IngestServiceStub
from logmesh.v1.record_pb2 import LogColumns, LogRecord


async def test_a_bad_record_in_columns_costs_itself_alone(processor: RunningProcessor) -> None:
    stream = processor.stream()
    await stream.hello()
    for seq, bad in enumerate(BAD_COLUMNS.values(), start=1):
        await stream.send_columns(seq, bad.columns)
    await stream.until_committed(*range(1, len(BAD_COLUMNS) + 1))
    reasons = {row["position"]: row["reason"] for row in await processor.dead_letters()}
    expected = {position_of(seq, 1): bad.reason for seq, bad in enumerate(BAD_COLUMNS.values(), 1) if bad.reason}
    assert _named(reasons) == _named(expected)
    bodies = [body.encode() for body in await processor.bodies()]
    assert bodies.count(BEFORE) == bodies.count(AFTER) == len(BAD_COLUMNS)
    ledger = await processor.ledger(stream.spool_id)
    assert (ledger.stored, ledger.dead_letters) == (len(bodies), len(expected))
    assert ledger.stored + ledger.dead_letters == 3 * len(BAD_COLUMNS)
    assert not stream.nacks


def _named(reasons: dict[int, str]) -> dict[str, str]:
    names = list(BAD_COLUMNS)
    return {f"{names[(position >> 14) - 1]}, entry {position & 0x3FFF}": why for position, why in reasons.items()}


async def test_a_plain_record_that_cannot_be_read_costs_itself_alone(processor: RunningProcessor) -> None:
    batch = OpaqueAppendRequest().batch
    good = LogRecord(body="good").SerializeToString()
    for bad in BAD_RECORDS.values():
        batch.records.extend([good, bad.entry])
    batch.seq, batch.count = 1, len(batch.records)
    stream = processor.stream()
    await stream.hello()
    await stream.send(OpaqueAppendRequest(batch=batch).SerializeToString())
    await stream.until_committed(1)
    reasons = {row["position"] & 0x3FFF: row["reason"] for row in await processor.dead_letters()}
    names = list(BAD_RECORDS)
    expected = {name: bad.reason for name, bad in BAD_RECORDS.items() if bad.reason}
    assert {names[entry // 2]: reason for entry, reason in reasons.items()} == expected
    assert (await processor.bodies()).count("good") == len(BAD_RECORDS)
    ledger = await processor.ledger(stream.spool_id)
    assert ledger.stored + ledger.dead_letters == batch.count
    assert ledger.dead_letters == len(expected)


async def test_mended_records_lose_no_byte(processor: RunningProcessor) -> None:
    bodies = [b"a\0b", b"caf\xe9", b"plain"]
    stream = processor.stream()
    await stream.hello()
    await stream.send_columns(1, columns_of(bodies, attributes=[b'{"k":1}', b"", b""]))
    await stream.send_columns(2, columns_of([b"late"], time_unix_nano=(1 << 64) - 1))
    await stream.send_columns(3, columns_of([b"early"], time_unix_nano=5))
    await stream.until_committed(1, 2, 3)
    rows = await processor.query(
        "SELECT body, attributes, original_time_unix_nano AS original, time - now() AS ahead FROM logmesh.logs"
        " ORDER BY position"
    )
    assert [row["body"] for row in rows] == ["a\\x00b", "caf\\xe9", "plain", "late", "early"]
    kept = [orjson.loads(row["attributes"] or "{}") for row in rows]
    assert [base64.b64decode(kept[at]["logmesh.body_base64"]) for at in (0, 1)] == bodies[:2]
    assert kept[0]["k"] == 1
    assert [row["original"] for row in rows[3:]] == [(1 << 63) - 1, 5]
    assert 500 < rows[3]["ahead"].total_seconds() <= 600
    assert -7.01 < rows[4]["ahead"].total_seconds() / 86_400 <= -7


async def test_a_dead_letter_holds_the_whole_record(processor: RunningProcessor) -> None:
    columns = columns_of([BEFORE, b"bad one"], attributes=[b"", b"{oops"])
    columns.severity_texts.extend([b"", b"LOUD"])
    columns.trace_ids, columns.span_ids = bytes(16) + b"t" * 16, bytes(8) + b"s" * 8
    stream = processor.stream()
    await stream.hello()
    await stream.send_columns(1, columns)
    await stream.until_committed(1)
    (dead,) = await processor.dead_letters()
    entry = LogColumns.FromString(dead["entry"])
    assert list(entry.bodies) == [b"bad one"] and list(entry.attributes) == [b"{oops"]
    assert list(entry.severity_texts) == [b"LOUD"]
    assert (entry.trace_ids, entry.span_ids) == (b"t" * 16, b"s" * 8)


def _payload(columns: LogColumns, count: int, **fields: Any) -> pb.Batch:
    data = columns.SerializeToString()
    return pb.Batch(**{"count": count, "encoding": pb.ENCODING_RAW, "columns": data, **fields})


def _broken(change: Callable[[LogColumns], Any]) -> pb.Batch:
    columns = columns_of([b"a", b"b", b"c"])
    change(columns)
    return _payload(columns, 3)


def _frame_that_claims(size: int) -> bytes:
    """A zstd frame whose header states `size` bytes of content: 8-byte size, one segment, then a last block of one byte."""
    return b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", size) + b"\x09\x00\x00x"


def _zeros_without_size(size: int) -> bytes:
    compressor = zstandard.ZstdCompressor(write_content_size=False)
    return compressor.compress(bytes(size))


def _zstd(data: bytes, raw_size: int) -> pb.Batch:
    return pb.Batch(count=3, encoding=pb.ENCODING_ZSTD, raw_size=raw_size, columns=data)


_GOOD = columns_of([b"a", b"b", b"c"]).SerializeToString()
_WRONG_SIZE = "payload is not a zstd frame of the size it says"

# Batches whose envelope is right and whose payload, as a whole, is not: one dead letter that counts for all records.
DEAD_BATCHES: dict[str, tuple[pb.Batch, str]] = {
    "garbage": (pb.Batch(count=3, columns=b"\xff\xff\xff"), "columns are not a LogColumns"),
    "fewer bodies": (_payload(columns_of([b"a"]), 3), "count of bodies is not the batch's count"),
    "more bodies": (_payload(columns_of([b"a"] * 4), 3), "count of bodies is not the batch's count"),
    "short times": (
        _broken(lambda c: setattr(c, "times_unix_nano", bytes(23))),
        "length of times_unix_nano does not fit the batch's count",
    ),
    "no times": (
        _broken(lambda c: c.ClearField("times_unix_nano")),
        "length of times_unix_nano does not fit the batch's count",
    ),
    "short severities": (
        _broken(lambda c: setattr(c, "severity_numbers", b"\1")),
        "length of severity_numbers does not fit the batch's count",
    ),
    "long trace ids": (
        _broken(lambda c: setattr(c, "trace_ids", bytes(49))),
        "length of trace_ids does not fit the batch's count",
    ),
    "short span ids": (
        _broken(lambda c: setattr(c, "span_ids", bytes(16))),
        "length of span_ids does not fit the batch's count",
    ),
    "one attribute text": (
        _broken(lambda c: c.attributes.append(b"{}")),
        "length of attributes does not fit the batch's count",
    ),
    "one level": (
        _broken(lambda c: c.severity_texts.append(b"INFO")),
        "length of severity_texts does not fit the batch's count",
    ),
    "origin outside": (
        _broken(lambda c: c.origin_indexes.extend([0, 0, 1])),
        "origin index outside the dictionary",
    ),
    "origin far outside": (
        _broken(lambda c: c.origin_indexes.extend([0, 0, (1 << 32) - 1])),
        "origin index outside the dictionary",
    ),
    "origins without end": (
        _broken(lambda c: [c.origins.add(service_name=b"%d" % number) for number in range(5_000)]),
        "more origins than records",
    ),
    "not zstd": (_zstd(b"hello", 100), _WRONG_SIZE),
    "cut zstd": (_zstd(zstandard.compress(_GOOD)[:-3], len(_GOOD)), _WRONG_SIZE),
    "two frames": (_zstd(zstandard.compress(_GOOD) * 2, len(_GOOD)), _WRONG_SIZE),
    "less than it says": (_zstd(zstandard.compress(_GOOD), len(_GOOD) + 1), _WRONG_SIZE),
    "bomb that states its size": (_zstd(zstandard.compress(bytes(64 << 20)), 1_000), _WRONG_SIZE),
    "bomb that does not": (_zstd(_zeros_without_size(64 << 20), 1_000), _WRONG_SIZE),
    "1 TiB announced": (_zstd(_frame_that_claims(1 << 40), 1_000), _WRONG_SIZE),
    "2^63 bytes announced": (_zstd(_frame_that_claims(1 << 63), 1_000), _WRONG_SIZE),
}


async def test_a_payload_that_cannot_be_read_is_one_dead_letter(processor: RunningProcessor) -> None:
    stream = processor.stream()
    await stream.hello()
    for at, (batch, _) in enumerate(DEAD_BATCHES.values()):
        await stream.send_columns(2 * at + 1, columns_of([b"good"]))
        batch.seq = 2 * at + 2
        await stream.send_batch(batch)
    await stream.until_committed(*range(1, 2 * len(DEAD_BATCHES) + 1))
    reasons = {row["position"]: row["reason"] for row in await processor.dead_letters()}
    names = list(DEAD_BATCHES)
    assert {names[(position >> 14) // 2 - 1]: reason for position, reason in reasons.items()} == {
        name: reason for name, (_, reason) in DEAD_BATCHES.items()
    }
    assert await processor.bodies() == ["good"] * len(DEAD_BATCHES)
    ledger = await processor.ledger(stream.spool_id)
    assert (ledger.stored, ledger.dead_letters) == (len(DEAD_BATCHES), 3 * len(DEAD_BATCHES))


_COLUMNS = columns_of([b"refused"]).SerializeToString()

# Batches that are answered by a Nack at once.
REFUSED_BATCHES: dict[str, tuple[pb.Batch, "pb.NackCode.ValueType", str]] = {
    "seq 0": (pb.Batch(seq=0, count=1, columns=_COLUMNS), pb.NACK_CODE_INVALID_ARGUMENT, "seq 0"),
    "seq 2^49": (pb.Batch(seq=1 << 49, count=1, columns=_COLUMNS), pb.NACK_CODE_INVALID_ARGUMENT, "from 1 to 2^49 - 1"),
    "seq 2^64-1": (pb.Batch(seq=(1 << 64) - 1, count=1, columns=_COLUMNS), pb.NACK_CODE_INVALID_ARGUMENT, "from 1 to"),
    "too far": (pb.Batch(seq=100_000, count=1, columns=_COLUMNS), pb.NACK_CODE_OUT_OF_RANGE, "too far ahead"),
    "count 0": (pb.Batch(seq=2, columns=_COLUMNS), pb.NACK_CODE_INVALID_ARGUMENT, "count 0"),
    "count over": (
        pb.Batch(seq=2, count=MAX_BATCH_RECORDS + 1, columns=_COLUMNS),
        pb.NACK_CODE_INVALID_ARGUMENT,
        "count 10001",
    ),
    "no payload": (pb.Batch(seq=2, count=1), pb.NACK_CODE_INVALID_ARGUMENT, "exactly one of"),
    "both payloads": (
        pb.Batch(seq=2, count=1, columns=_COLUMNS, records=[LogRecord(body="x")]),
        pb.NACK_CODE_INVALID_ARGUMENT,
        "exactly one of",
    ),
    "records miscounted": (
        pb.Batch(seq=2, count=3, records=[LogRecord(body="x")]),
        pb.NACK_CODE_INVALID_ARGUMENT,
        "count is 3, but there are 1",
    ),
    "unknown encoding": (
        pb.Batch(seq=2, count=1, encoding=7, columns=_COLUMNS),  # type: ignore[arg-type]
        pb.NACK_CODE_INVALID_ARGUMENT,
        "encoding 7",
    ),
    "no raw size": (
        pb.Batch(seq=2, count=1, encoding=pb.ENCODING_ZSTD, columns=_COLUMNS),
        pb.NACK_CODE_INVALID_ARGUMENT,
        "raw_size 0",
    ),
    "10 MB line, compressed": (
        pb.Batch(
            seq=2,
            count=1,
            encoding=pb.ENCODING_ZSTD,
            raw_size=10_000_100,
            columns=zstandard.compress(columns_of([b"x" * 10_000_000]).SerializeToString()),
        ),
        pb.NACK_CODE_INVALID_ARGUMENT,
        f"raw_size 10000100 is not between 1 and {MAX_RAW_BYTES}",
    ),
    "wrong checksum": (
        pb.Batch(seq=2, count=1, columns=_COLUMNS, crc32c=google_crc32c.value(_COLUMNS) ^ 1),
        pb.NACK_CODE_INVALID_ARGUMENT,
        "crc32c",
    ),
}


async def test_a_wrong_envelope_is_refused_with_a_reason_and_the_stream_goes_on(processor: RunningProcessor) -> None:
    stream = processor.stream()
    await stream.hello()
    for at, (name, (batch, code, reason)) in enumerate(REFUSED_BATCHES.items(), start=1):
        # The number of a refused batch is not used up: the next good one may bear it.
        batch.seq = at if batch.seq == 2 else batch.seq
        await stream.send_batch(batch)
        await stream.until(lambda seq=batch.seq: seq in stream.nacks)  # type: ignore[misc]
        nack = stream.nacks.pop(batch.seq)
        assert nack.code == code, name
        assert reason in nack.reason, name
        assert nack.HasField("retry_after") == (code == pb.NACK_CODE_OUT_OF_RANGE), name
        await stream.send_columns(at, columns_of([b"good"]))
    await stream.until_committed(*range(1, len(REFUSED_BATCHES) + 1))
    assert await processor.bodies() == ["good"] * len(REFUSED_BATCHES)
    assert await processor.ledger(stream.spool_id) == type(await processor.ledger(stream.spool_id))(
        RangeSet([(1, len(REFUSED_BATCHES))]), len(REFUSED_BATCHES), 0
    )


async def test_the_same_number_with_other_bytes_is_refused_and_a_repeat_is_not(processor: RunningProcessor) -> None:
    stream = processor.stream()
    await stream.hello()
    await stream.send_columns(1, columns_of([b"first"]))
    await stream.until_committed(1)
    await stream.send_columns(1, columns_of([b"other"]))
    await stream.until(lambda: 1 in stream.nacks)
    assert stream.nacks[1].code == pb.NACK_CODE_ABORTED
    assert not stream.nacks[1].HasField("retry_after")
    await stream.send_columns(1, columns_of([b"first"]))
    await stream.send_columns(2, columns_of([b"second"]))
    await stream.until_committed(2)
    assert await processor.bodies() == ["first", "second"]


def _hello(**fields: Any) -> bytes:
    hello = {"spool_id": "6f1c2a4e-8f3b-4b4e-9a59-1f2d3c4b5a69", **fields}
    return pb.AppendRequest(hello=pb.Hello(**hello)).SerializeToString()


@pytest.mark.parametrize("number", range(2))
async def test_a_stream_that_breaks_the_protocol_ends_with_a_reason(processor: RunningProcessor, number: int) -> None:
    first_messages = {
        "garbage": (b"\xff\xff\xff", "must be a Hello"),
        "nothing in it": (b"", "must be a Hello"),
        "a batch": (pb.AppendRequest(batch=pb.Batch(seq=1)).SerializeToString(), "must be a Hello"),
        "no spool id": (_hello(spool_id=""), "UUID"),
        "a spool id that is no UUID": (_hello(spool_id="spool-1"), "UUID"),
        "invalid UTF-8 in the spool id": (b"\x0a\x04\x0a\x02\xff\xff", "UUID"),
        "an earlier spool id that is no UUID": (_hello(earlier=[pb.HeldSpool(last_seq=1)]), "UUID"),
        "an earlier spool id twice": (
            _hello(earlier=[pb.HeldSpool(spool_id=str(UUID(int=7)), last_seq=1)] * 2),
            "twice",
        ),
        "nothing given out": (_hello(earlier=[pb.HeldSpool(spool_id=str(UUID(int=7)))]), "last_seq"),
        "a number too large": (_hello(last_seq=1 << 49), "last_seq"),
        "a long name": (_hello(producer="p" * 256), "255 bytes"),
        "NUL in the name": (_hello(producer="p\0"), "producer"),
    }
    later_messages = {
        "Hello again": (_hello(), grpc.StatusCode.INVALID_ARGUMENT, "twice"),
        "garbage": (b"\x12\xff\xff", grpc.StatusCode.INVALID_ARGUMENT, "not an AppendRequest"),
        "10 MB": (
            pb.AppendRequest(batch=pb.Batch(seq=2, count=1, columns=bytes(10 << 20))).SerializeToString(),
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "larger than max",
        ),
    }
    if number == 0:
        for name, (message, reason) in first_messages.items():
            stream = processor.stream()
            await stream.send(message)
            error = await stream.refusal()
            assert (error.code(), name) == (grpc.StatusCode.INVALID_ARGUMENT, name)
            assert reason in str(error.details()), name
    else:
        for name, (message, code, reason) in later_messages.items():
            stream = processor.stream()
            await stream.hello()
            await stream.send_columns(1, columns_of([name.encode()]))
            await stream.until_committed(1)
            await stream.send(message)
            error = await stream.refusal()
            assert (error.code(), name) == (code, name)
            assert reason in str(error.details()), name
            again = processor.stream(stream.spool_id)
            welcome = await again.hello()
            assert [(span.first, span.last) for span in welcome.committed] == [(1, 1)]
        assert await processor.bodies() == list(later_messages)


async def test_a_batch_of_records_that_are_all_bad_is_committed_without_a_row(processor: RunningProcessor) -> None:
    stream = processor.stream()
    await stream.hello()
    await stream.send_columns(1, columns_of([b"x", b"y"], attributes=[b"[]", b"{oops"]))
    await stream.send_batch(pb.Batch(seq=2, count=1, records=[LogRecord(trace_id=b"short")]))
    await stream.until_committed(1, 2)
    ledger = await processor.ledger(stream.spool_id)
    assert (ledger.stored, ledger.dead_letters) == (0, 3)


async def test_write_stores_what_it_can_and_names_the_rest(processor: RunningProcessor) -> None:
    channel = processor.channel()
    stub: Any = IngestServiceStub(channel)
    records = [LogRecord(body="good"), LogRecord(body="bad", trace_id=b"short"), LogRecord(body="good")]
    answer = await stub.Write(pb.WriteRequest(records=records), timeout=10)
    assert answer.stored == 2
    assert [(dead.entry, dead.reason) for dead in answer.dead_letters] == [
        (1, "trace_id is not 16 bytes, or span_id not 8")
    ]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub.Write(pb.WriteRequest(), timeout=10)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT

    write: Any = channel.unary_unary(
        "/logmesh.v1.IngestService/Write", request_serializer=None, response_deserializer=pb.WriteResponse.FromString
    )
    answer = await write(b"\x0a\x06\x32\x04good" + b"\x0a\x03\x32\x01\xff", timeout=10)
    assert answer.stored == 1
    assert [dead.entry for dead in answer.dead_letters] == [1]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await write(b"\xff\xff\xff", timeout=10)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert await processor.bodies() == ["good"] * 3
