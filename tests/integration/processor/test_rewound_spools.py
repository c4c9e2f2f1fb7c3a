"""A spool's folder that goes back in time, or is there twice: every line that was spooled is stored, and stored once."""

import asyncio
import contextlib
import copy
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from struct import pack
from uuid import UUID

import pytest
from tests.batches import encode_batch
from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import RunningProcessor, running_processor

from logmesh.client.delivering.lanes import Divergence
from logmesh.client.delivering.memory_spool import MemorySpool
from logmesh.client.delivering.packer import Spooling
from logmesh.client.delivering.spool import Spool
from logmesh.journal import Journal
from logmesh.producer.forwarder import Forwarder
from logmesh.producer.settings import ProducerSettings
from logmesh.record.json_text import dump_json

SECONDS = 20
BEFORE_LANES = "5d7f7a39-2a0b-4a52-8c9c-0f5b7b1f3f11"


@dataclass
class Copy:
    """One copy of a spool's folder, with the lines that were put into it and what its producer was told."""

    name: str
    folder: Path
    lines: list[str] = field(default_factory=list)
    told: list[Divergence] = field(default_factory=list)
    abandoned: list[str] = field(default_factory=list)
    forwarder: Forwarder | None = None

    def open(self) -> Spool:
        return Spool(self.folder, max_bytes=64 << 20, retain_seconds=3600)

    def append(self, spool: Spooling, count: int) -> None:
        """Spool `count` batches of one line, each different from all others."""
        for _ in range(count):
            line = f"{self.name} {len(self.lines)}"
            spool.hold(columns_of([line.encode()], attributes=[b'{"of":"' + self.name.encode() + b'"}']))
            self.lines.append(line)
        if self.forwarder is not None:
            self.forwarder.spooled()

    async def until_committed(self) -> None:
        """Wait until all that was appended is committed or set aside."""
        assert self.forwarder is not None
        await asyncio.wait_for(self.forwarder.all_committed(), SECONDS)

    @contextlib.asynccontextmanager
    async def delivering(self, processor: RunningProcessor, spool: Spooling) -> AsyncIterator[None]:
        """Deliver meanwhile; the body begins when the first stream is open, and all is committed when it ends."""
        settings = ProducerSettings(name=self.name, target=processor.target, spool_dir=self.folder, metrics_port=0)
        self.forwarder = forwarder = _Listening(settings, spool, self)
        delivering = asyncio.create_task(forwarder.run())
        try:
            await asyncio.wait_for(forwarder.is_open.wait(), SECONDS)
            yield
            await self.until_committed()
        finally:
            self.forwarder = None
            delivering.cancel()
            await asyncio.gather(delivering, return_exceptions=True)


class _Listening(Forwarder):
    def __init__(self, settings: ProducerSettings, spool: Spooling, site: Copy) -> None:
        super().__init__(settings, spool)
        self._site = site
        self.is_open = asyncio.Event()

    def opened(self, processor: str, to_send: int, database_away: str, *, any_age: bool) -> None:
        super().opened(processor, to_send, database_away, any_age=any_age)
        self.is_open.set()

    def diverged(self, divergence: Divergence) -> None:
        super().diverged(divergence)
        self._site.told.append(divergence)

    def stored_otherwise(self, dead_letters: int, attributes_as_text: int) -> None: ...

    def abandoned(self, seq: int, code: str, what: str) -> None:
        super().abandoned(seq, code, what)
        self._site.abandoned.append(code)


@pytest.mark.parametrize("offline_runs", [1, 2], ids=["restored-once", "run-offline-twice"])
@pytest.mark.parametrize("is_restarted", [False, True], ids=["processor-remembers", "processor-restarted"])
@pytest.mark.parametrize("is_alive", [False, True], ids=["original-stopped", "original-alive"])
@pytest.mark.parametrize("appends_first", [True, False], ids=["appended-before-contact", "appended-after-contact"])
async def test_a_folder_that_was_put_back_loses_and_repeats_nothing(
    store: ServerStore, tmp_path: Path, appends_first: bool, is_alive: bool, is_restarted: bool, offline_runs: int
) -> None:
    original, restored = Copy("original", tmp_path / "spool"), Copy("restored", tmp_path / "restored")
    spool = original.open()
    async with contextlib.AsyncExitStack() as stack:
        processor = await stack.enter_async_context(running_processor(store, tmp_path))
        original.append(spool, 3)
        async with original.delivering(processor, spool):
            shutil.copytree(original.folder, restored.folder, ignore=shutil.ignore_patterns("*.tmp"))
            original.append(spool, 7)
        if is_restarted:
            await stack.pop_all().aclose()
            processor = await stack.enter_async_context(running_processor(store, tmp_path))
        if is_alive:
            await stack.enter_async_context(original.delivering(processor, spool))
            original.append(spool, 2)
        for _ in range(offline_runs - 1):
            offline = restored.open()
            restored.append(offline, 10)
            offline.close()
        back = restored.open()
        if appends_first:
            restored.append(back, 20)
        async with restored.delivering(processor, back):
            if not appends_first:
                restored.append(back, 20)
            if is_alive:
                original.append(spool, 2)
        back.close()
        await stack.pop_all().aclose()
        bodies = await processor.bodies()
    spool.close()
    assert sorted(bodies) == sorted(original.lines + restored.lines)
    # The copy's producer is told, and so is the ledger's reader.
    assert [(told.code, told.batches) for told in restored.told] == [("rewound", 0)]
    assert not original.told


async def test_what_a_folder_forgot_with_a_whole_run_is_counted_and_named(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    """Put back from between two runs: what the later run sent has an id that the folder has never heard of."""
    original, restored = Copy("original", tmp_path / "spool"), Copy("restored", tmp_path / "restored")
    for batches in (3, 4):
        spool = original.open()
        original.append(spool, batches)
        async with original.delivering(processor, spool):
            pass
        spool.close()
        if not restored.folder.exists():
            shutil.copytree(original.folder, restored.folder)
    back = restored.open()
    restored.append(back, 2)
    async with restored.delivering(processor, back):
        pass
    new_id = back.spool_id
    back.close()
    assert sorted(await processor.bodies()) == sorted(original.lines + restored.lines)
    (told,) = restored.told
    assert (told.code, told.spool_id) == ("rewound", new_id)
    rows = await processor.query("SELECT spool_id, rewound FROM logmesh.spools WHERE rewound > 0")
    assert [(str(row["spool_id"]), row["rewound"]) for row in rows] == [(new_id, 4)]


async def test_what_the_last_frame_held_is_counted_and_named_when_it_is_damaged(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    site = Copy("site", tmp_path / "spool")
    spool = site.open()
    site.append(spool, 5)
    async with site.delivering(processor, spool):
        pass
    first_id = spool.spool_id
    # As a loss of power leaves it.
    site.folder = Path(shutil.copytree(site.folder, tmp_path / "after", ignore=shutil.ignore_patterns("*.tmp")))
    spool.close()
    _flip(site.folder, b"site 4")
    again = site.open()
    site.append(again, 3)
    async with site.delivering(processor, again):
        pass
    again.close()
    assert sorted(await processor.bodies()) == sorted(site.lines)
    (told,) = site.told
    assert (told.code, told.spool_id) == ("rewound", first_id)
    assert "1 batches after number 4" in told.what
    (row,) = await processor.query("SELECT rewound FROM logmesh.spools WHERE spool_id = $1::uuid", first_id)
    assert row["rewound"] == 1


@pytest.mark.parametrize("damage", ["lost", "damaged"])
async def test_without_its_checkpoint_a_spool_repeats_and_strands_nothing(
    processor: RunningProcessor, tmp_path: Path, damage: str
) -> None:
    site = Copy("site", tmp_path / "spool")
    spool = site.open()
    site.append(spool, 5)
    async with site.delivering(processor, spool):
        pass
    site.append(spool, 2)  # not sent
    spool.add(spool.append(columns_of([b"site 7"]), {"1": {"offset": 7}}))
    site.lines.append("site 7")
    spool.close()
    checkpoint = site.folder / "spool.json"
    checkpoint.unlink()
    if damage == "damaged":
        checkpoint.write_bytes(b'{"spool_id": "')
    again = site.open()
    assert again.positions == {"1": {"offset": 7}}
    site.append(again, 2)
    async with site.delivering(processor, again):
        pass
    again.close()
    assert sorted(await processor.bodies()) == sorted(site.lines)
    assert not site.told


async def test_a_spool_of_before_lanes_goes_on(processor: RunningProcessor, tmp_path: Path) -> None:
    """Frames do not say whose they are, and spool.json has one id for life."""
    site = Copy("site", tmp_path / "spool", lines=[f"before {at}" for at in range(1, 7)])
    _write_before_lanes(site.folder, site.lines)
    spool = site.open()
    assert spool.positions == {"1": {"offset": 6}}
    site.append(spool, 2)
    async with site.delivering(processor, spool):
        pass
    spool.close()
    assert sorted(await processor.bodies()) == sorted(site.lines)
    rows = await processor.query("SELECT spool_id, committed::text FROM logmesh.spools ORDER BY spool")
    assert {row["spool_id"]: row["committed"] for row in rows} == {
        UUID(BEFORE_LANES): "{[1,7)}",
        UUID(spool.spool_id): "{[1,3)}",
    }


async def test_a_machine_put_back_with_its_memory_repeats_nothing_and_names_what_it_sets_aside(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    original, back = Copy("original", tmp_path / "a"), Copy("back", tmp_path / "b")
    spool = MemorySpool(64 << 20)
    original.append(spool, 3)
    async with original.delivering(processor, spool):
        pass
    put_back = copy.deepcopy(spool)
    original.append(spool, 7)
    async with original.delivering(processor, spool):
        pass
    back.append(put_back, 4)  # numbers 4 to 7, a second time
    async with back.delivering(processor, put_back):
        back.append(put_back, 3)
    assert sorted(await processor.bodies()) == sorted(original.lines + back.lines[4:])
    assert [(told.code, told.batches) for told in back.told] == [("overtaken", 4)]


async def test_a_copy_of_a_running_machine_that_is_ahead_of_the_other_is_found_by_its_chain(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    original, twin = Copy("original", tmp_path / "a"), Copy("twin", tmp_path / "b")
    spool = MemorySpool(64 << 20)
    original.append(spool, 3)
    async with original.delivering(processor, spool):
        pass
    copied = copy.deepcopy(spool)
    original.append(spool, 2)
    async with original.delivering(processor, spool):
        pass
    twin.append(copied, 9)  # numbers 4 to 12; the ledger has others under 4 and 5
    async with twin.delivering(processor, copied):
        twin.append(copied, 1)
    assert sorted(await processor.bodies()) == sorted(original.lines + twin.lines[9:])
    assert [(told.code, told.batches) for told in twin.told] == [("forked", 9)]


async def test_a_twin_that_sends_to_another_processor_is_refused_by_the_flush(
    store: ServerStore, tmp_path: Path
) -> None:
    """Neither processor remembers what the other has logged: only the ledger's chain tells."""
    original, twin = Copy("original", tmp_path / "a"), Copy("twin", tmp_path / "b")
    spool = MemorySpool(64 << 20)
    async with (
        running_processor(store, tmp_path / "0", name="log-processor-0") as first,
        running_processor(store, tmp_path / "1", name="log-processor-1") as second,
    ):
        original.append(spool, 3)
        async with original.delivering(first, spool):
            pass
        copied = copy.deepcopy(spool)
        async with original.delivering(first, spool), twin.delivering(second, copied):
            original.append(spool, 1)
            await original.until_committed()
            twin.append(copied, 1)  # number 4, too
            await twin.until_committed()
            twin.append(copied, 2)
        async with asyncio.timeout(SECONDS):
            while (await first.query("SELECT sum(forked) AS forked FROM logmesh.spools"))[0]["forked"] != 1:
                await asyncio.sleep(0.05)
        assert sorted(await first.bodies()) == sorted(original.lines + twin.lines[1:])
    assert twin.abandoned == ["aborted"]


def _flip(folder: Path, text: bytes) -> None:
    """Flip one bit of the only frame with this text."""
    (segment,) = [path for path in folder.glob("*.segment") if text in path.read_bytes()]
    data = bytearray(segment.read_bytes())
    data[data.index(text)] ^= 1
    segment.write_bytes(data)


def _write_before_lanes(folder: Path, lines: list[str]) -> None:
    with Journal.open(folder, segment_bytes=16 << 20) as journal:
        for seq, line in enumerate(lines, 1):
            header = dump_json({"seq": seq, "count": 1, "positions": {"1": {"offset": seq}}})
            batch = encode_batch(seq, columns_of([line.encode()]))
            journal.append([(pack("<I", len(header)), header, batch)])
    checkpoint = {"spool_id": BEFORE_LANES, "epoch": 3, "next_seq": 4, "positions": {"1": {"offset": 3}}}
    (folder / "spool.json").write_text(json.dumps(checkpoint), "utf-8")
