"""A batch that will never be stored costs itself alone: the others pass it, however many they are."""

import asyncio
from pathlib import Path

import pytest
from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import running_processor

from logmesh.client.delivering.spool import Spool
from logmesh.producer.forwarder import Forwarder
from logmesh.producer.settings import ProducerSettings
from logmesh.record.batch import encode_link
from logmesh.record.ranges import RangeSet
from logmesh.storage.multirange import from_multirange
from logmesh.v1 import ingest_service_pb2 as pb
from logmesh.v1.record_pb2 import LogColumns

MAX_AHEAD = 400
BATCHES = MAX_AHEAD + 200
DAMAGED, REFUSED = 3, 7
MANY_GAPS = 1_020


def is_refused(seq: int) -> bool:
    return seq == REFUSED


def _encode(
    seq: int, columns: LogColumns, compress: bool, spool_id: str, before: int, request: bytes
) -> tuple[bytes, int]:
    if is_refused(seq):  # by every processor
        return pb.AppendRequest(batch=pb.Batch(seq=seq, columns=b"")).SerializeToString(), 0
    return encode_link(seq, columns, compress, spool_id, before, request)


async def test_damaged_and_refused_batches_do_not_hold_the_others_up(
    store: ServerStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("logmesh.processor.admission.MAX_AHEAD", MAX_AHEAD)
    monkeypatch.setattr("logmesh.processor.ingest.SAID_AHEAD", MAX_AHEAD - 10)
    monkeypatch.setattr("logmesh.client.delivering.spool.encode_link", _encode)
    folder = tmp_path / "spool"
    spool = Spool(folder, max_bytes=256 << 20, retain_seconds=0)
    for seq in range(1, BATCHES + 1):
        spool.add(spool.append(columns_of([b"body of batch %d." % seq]), {}))
    _damage(folder, b"body of batch %d." % DAMAGED)
    told: list[str] = []
    async with running_processor(store, tmp_path) as processor:
        settings = ProducerSettings(target=processor.target, spool_dir=folder, metrics_port=0)
        forwarder = Forwarder(settings, spool, refused=told.append)
        forwarding = asyncio.create_task(forwarder.run())
        async with asyncio.timeout(90):
            await forwarder.all_committed()
        forwarding.cancel()
        ledger = await processor.ledger(spool.spool_id)
        (row,) = await processor.query("SELECT abandoned::text AS abandoned FROM logmesh.spools")
    spool.close()
    assert ledger.committed == RangeSet([(1, DAMAGED - 1), (DAMAGED + 1, REFUSED - 1), (REFUSED + 1, BATCHES)])
    assert ledger.stored == BATCHES - 2
    assert {DAMAGED, REFUSED} <= {seq for seq in range(1, BATCHES) if seq in from_multirange(row["abandoned"])}
    assert ["is damaged" in what for what in told] == [True, False]
    assert (folder / "refused" / f"{spool.spool_id}-{REFUSED}.batch").stat().st_size
    assert "count 0 is not between" in (folder / "refused" / f"{spool.spool_id}-{REFUSED}.reason").read_text()
    assert list(folder.glob("*.quarantined"))


def _damage(folder: Path, text: bytes) -> None:
    for segment in folder.glob("*.segment"):
        if (at := segment.read_bytes().find(text)) >= 0:
            with segment.open("r+b") as file:
                file.seek(at)
                file.write(b"B")


async def test_a_spool_of_which_more_than_a_thousand_batches_are_refused_is_delivered(
    store: ServerStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each refused batch is a gap that nothing fills; a ledger's row and a Hello have bounds for gaps."""
    monkeypatch.setattr("tests.integration.processor.test_abandoned_batches.is_refused", lambda seq: seq % 2)
    monkeypatch.setattr("logmesh.client.delivering.spool.encode_link", _encode)
    spool = Spool(tmp_path / "spool", max_bytes=256 << 20, retain_seconds=3600)
    refused: list[str] = []
    for _ in range(MANY_GAPS):
        spool.hold(columns_of([b"refused"]))
        spool.hold(columns_of([b"stored"]))
    async with running_processor(store, tmp_path, credit_batches=1024) as processor:
        settings = ProducerSettings(target=processor.target, spool_dir=tmp_path / "spool", metrics_port=0)
        forwarder = Forwarder(settings, spool, refused=refused.append)
        forwarding = asyncio.create_task(forwarder.run())
        async with asyncio.timeout(90):
            await forwarder.all_committed()
        forwarding.cancel()
        assert (await processor.ledger(spool.spool_id)).stored == len(refused) == MANY_GAPS
    spool.close()
