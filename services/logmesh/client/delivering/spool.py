"""A spool: batches on disk, each in one frame with the source's position after it, until they are committed.

What `append` returned survives a kill and a power loss; a restart continues the source exactly behind it. Each opening
begins a lane of its own (see `lanes`), and each frame says which lane it belongs to: a folder that was copied, put back or lost
its last frames never gives a batch the name of another.
"""

import contextlib
import logging
import os
import threading
import time
import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from typing import Any, Final, NamedTuple

from logmesh.client.delivering.checkpoint import NAME as CHECKPOINT
from logmesh.client.delivering.checkpoint import Checkpoint
from logmesh.client.delivering.lanes import Divergence, HeldLane, Known, Lane, Lanes, Verdict, judge
from logmesh.journal import FrameRef, Journal, JournalCorrupt, JournalFull
from logmesh.journal.durability import NO_DESCRIPTOR, NO_ROOM
from logmesh.record.batch import encode_link, naming
from logmesh.record.json_text import dump_json, load_json
from logmesh.v1.record_pb2 import LogColumns

_log = logging.getLogger(__name__)

_LENGTH: Final = Struct("<I")
_SEGMENT_BYTES: Final = 16 << 20
_FULL: Final = 0.9  # above it the source is paused
_CROWDED: Final = 0.5  # above it committed batches are no longer kept for a restored database
_MANY_LANES: Final = 1_000  # the same


@dataclass(frozen=True, slots=True)
class Spooled:
    """A batch in the spool: its place, how many records it has, its frame, and its chain where it has one."""

    place: int
    count: int
    ref: FrameRef
    chain: int | None


class Unspooled(NamedTuple):
    """A batch to be: its records, the positions that changed with them, and the request that brought them (see `Batch.request`)."""

    columns: LogColumns
    positions: dict[str, Any]
    request: bytes = b""


class Spool:
    """One producer's batches. `append` is called from one thread, the rest from the event loop. See `Outbox`."""

    def __init__(self, directory: Path, *, max_bytes: int, retain_seconds: float) -> None:
        """Open or make the spool. Raises JournalLocked when another process has it."""
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self._retain_seconds = retain_seconds
        self._journal = Journal.open(directory, segment_bytes=_SEGMENT_BYTES, max_bytes=max_bytes)
        # `append` runs in a thread of its own; lane, number and positions must be read and saved as one.
        self._guard = threading.Lock()
        self._lanes = Lanes()
        self._positions: dict[str, Any] = {}
        self._wants_lane = False
        self._unnamed: set[str] = set()  # lanes of which the batches don't say their spool id
        self._batches: dict[int, Spooled] = {}  # by place, in its order
        self._uncommitted: dict[int, None] = {}  # places, in order
        self._kept: deque[tuple[float, Spooled]] = deque()  # committed, by time of commit
        try:
            self._recover()
        except BaseException:
            self._journal.close(tidy=False)  # or nobody could open it again
            raise

    @property
    def spool_id(self) -> str:
        """The identity of what is appended now."""
        return self._lanes.newest.spool_id

    @property
    def positions(self) -> dict[str, Any]:
        """Where the source stands after the last batch."""
        return self._positions

    def append(self, columns: LogColumns, positions: dict[str, Any], *, compress: bool = False) -> Spooled:
        """Write a batch and the positions that changed with it; durable on return. Raises JournalFull, JournalFailed."""
        (spooled,) = self.append_all([Unspooled(columns, positions)], compress=compress)
        return spooled

    def append_all(self, batches: Sequence[Unspooled], *, compress: bool = False) -> list[Spooled]:
        """`append` of each, at least one, made durable together: all of them, or, where it raises, none."""
        with self._guard:
            if self._wants_lane:
                self._lanes.begin()
                self._wants_lane = False
            lane = self._lanes.newest
        seq, chain = lane.last_seq, lane.chain
        headers: list[dict[str, Any]] = []
        encoded: list[bytes] = []
        for columns, _, request in batches:
            seq += 1
            batch, chain = encode_link(seq, columns, compress, lane.spool_id, chain, request)
            header = {
                "seq": seq, "count": len(columns.bodies), "spool_id": lane.spool_id, "place": lane.offset + seq, "chain": chain,
            }  # fmt: skip
            if seq == 1:
                header["follows"] = lane.follows
            headers.append(header)
            encoded.append(batch)
        texts = [
            dump_json({**header, "positions": batch.positions}) for header, batch in zip(headers, batches, strict=True)
        ]
        size = len(batches) * _LENGTH.size + sum(map(len, texts)) + sum(map(len, encoded))
        if self._journal.starts_segment(size, len(batches)):
            # Older segments may go from now on, and with them what they alone said of positions: the first frame of a
            # segment says all of them, and so does the checkpoint until that frame is durable.
            positions = _merged(self._positions, batches[0].positions)
            texts[0] = dump_json({**headers[0], "positions": positions, "all": True})
            self._save_checkpoint()
        refs = self._journal.append(
            [(_LENGTH.pack(len(text)), text, batch) for text, batch in zip(texts, encoded, strict=True)]
        )
        with self._guard:
            lane.last_seq, lane.chain = seq, chain
            for unspooled in batches:
                self._positions = _merged(self._positions, unspooled.positions)
        return [
            Spooled(header["place"], header["count"], ref, header["chain"])
            for header, ref in zip(headers, refs, strict=True)
        ]

    def note(self, positions: dict[str, Any]) -> None:
        """Keep positions that changed without a record."""
        with self._guard:
            self._positions = _merged(self._positions, positions)
        with contextlib.suppress(JournalFull):  # the next checkpoint says it; nothing was read that is a record
            self._save_checkpoint()

    def add(self, spooled: Spooled) -> None:
        """Make an appended batch known to the forwarder."""
        self._batches[spooled.place] = spooled
        self._uncommitted[spooled.place] = None

    def hold(self, columns: LogColumns) -> int:
        """`append` and `add` in one, for who does everything on one thread; return the place."""
        try:
            spooled = self.append(columns, {})
        except JournalFull:
            if not self.make_room():
                raise
            spooled = self.append(columns, {})
        self.add(spooled)
        return spooled.place

    def has_room(self) -> bool:
        """Whether the source may go on; frees what is committed and has been kept long enough."""
        self._release_old()
        return self._journal.fill() < _FULL

    def make_room(self) -> bool:
        """Free everything that is committed, for a disk that is smaller than the spool's bound; whether there was anything."""
        return self._release(len(self._kept)) > 0

    def fill(self) -> float:
        """Part of the bound in use, 0 to 1."""
        return self._journal.fill()

    def held(self) -> list[HeldLane]:
        """See `Outbox`."""
        by_lane: dict[str, list[int]] = {}
        for place in self._batches:
            lane, seq = self._lanes.at(place)
            by_lane.setdefault(lane.spool_id, []).append(seq)
        with self._guard:
            self._lanes.forget({lane.spool_id for lane in self._lanes} - by_lane.keys())
            return self._lanes.held(by_lane)

    def lane(self, spool_id: str) -> Lane | None:
        """See `Outbox`."""
        return self._lanes.named(spool_id)

    def at(self, place: int) -> tuple[Lane, int]:
        """See `Outbox`."""
        return self._lanes.at(place)

    def last_place(self) -> int:
        """See `Outbox`."""
        return next(reversed(self._batches), 0)

    def after(self, place: int) -> list[int]:
        """See `Outbox`."""
        if place >= self.last_place():
            return []
        newer = []
        for at in reversed(self._uncommitted):
            if at <= place:
                break
            newer.append(at)
        return newer[::-1]

    def reconcile(self, known: Mapping[str, Known]) -> list[Divergence]:
        """See `Outbox`. The ledger may lack what it once had: a database that was restored gets it again."""
        found = [self._settle_with(lane, known[lane.spool_id]) for lane in self._lanes if lane.spool_id in known]
        kept = {spooled.place: when for when, spooled in self._kept}
        self._kept.clear()
        self._uncommitted.clear()
        for place in sorted(self._batches):
            lane, seq = self._lanes.at(place)
            if lane.spool_id in known and seq in known[lane.spool_id].committed:
                self._kept.append((kept.get(place, time.monotonic()), self._batches[place]))
            else:
                self._uncommitted[place] = None
        return [divergence for divergence in found if divergence is not None]

    def read(self, place: int) -> bytes:
        """See `Outbox`."""
        lane, _ = self._lanes.at(place)
        frame = self._journal.read(self._batches[place].ref)
        (length,) = _LENGTH.unpack_from(frame)
        batch = frame[_LENGTH.size + length :]
        return batch + naming(lane.spool_id) if lane.spool_id in self._unnamed else batch

    def commit(self, first: int, last: int) -> int:
        """See `Outbox`."""
        records = 0
        places = range(first, last + 1) if last - first < 10_000 else [p for p in self._batches if first <= p <= last]
        for place in places:
            if place in self._uncommitted:
                del self._uncommitted[place]
                spooled = self._batches[place]
                self._kept.append((time.monotonic(), spooled))
                records += spooled.count
        return records

    def set_aside(self, place: int, reason: str) -> str:
        """See `Outbox`; the batch is kept in a file of its own, or, on a disk without room for one, in its segment's."""
        lane, seq = self._lanes.at(place)
        message = self.read(place)
        path = self.directory / "refused" / f"{lane.spool_id}-{seq}.batch"
        try:
            _keep(path, message, reason)
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            path.unlink(missing_ok=True)
            self.give_up(place)
            return f"kept in {self.directory}, in a file that ends in .quarantined, for want of room"
        self._journal.release([self._forget(place).ref])
        return f"kept in {path}"

    def leave(self, lane: Lane) -> None:
        """See `Outbox`. The next batch begins the lane: it may be in the making."""
        self._wants_lane = self._wants_lane or lane is self._lanes.newest

    def give_up(self, place: int) -> None:
        """See `Outbox`; the journal keeps the file that the batch is in, for people to look at."""
        self._journal.set_aside(self._forget(place).ref)

    def uncommitted(self) -> int:
        """See `Outbox`."""
        return len(self._uncommitted)

    def uncommitted_records(self) -> int:
        """How many records these batches have."""
        return sum(self._batches[place].count for place in self._uncommitted)

    def lowest_uncommitted(self) -> int:
        """See `Outbox`."""
        return next(iter(self._uncommitted), 0)

    def leave_to_parent(self) -> None:
        """Called in a forked child; nothing else may be called there afterwards."""
        self._journal.leave_to_parent()

    def close(self) -> None:
        """Write a checkpoint and close. A disk that has no room for the checkpoint keeps all of it in the journal."""
        try:
            self._save_checkpoint()
        except JournalFull:
            self._journal.close(tidy=False)
        else:
            self._release_old()
            self._journal.close()

    def _recover(self) -> None:
        """Find the lanes and what is held of them, and begin the next lane."""
        checkpoint = self._load_checkpoint()
        self._positions = checkpoint.positions
        before_lanes = checkpoint.spool_id or str(uuid.uuid4())  # frames did not say whose they are
        for ref, frame in self._journal.frames():
            (length,) = _LENGTH.unpack_from(frame)
            header = load_json(frame[_LENGTH.size : _LENGTH.size + length])
            seq, place = header["seq"], header.get("place", header["seq"])
            spool_id = header.get("spool_id", before_lanes)
            if not len(self._lanes) or self._lanes.newest.spool_id != spool_id:
                self._lanes.restore(spool_id, place - seq, header.get("follows", ""))
            if "spool_id" not in header:
                self._unnamed.add(spool_id)
            self._lanes.newest.last_seq = seq
            self.add(Spooled(place, header["count"], ref, header.get("chain")))
            if place >= checkpoint.place:
                known = {} if header.get("all") else self._positions
                self._positions = _merged(known, header["positions"])
        is_newest = checkpoint.offset >= self._lanes.next_place - 1
        if checkpoint.spool_id and is_newest and self._lanes.named(checkpoint.spool_id) is None:
            self._lanes.restore(checkpoint.spool_id, checkpoint.offset)  # nothing of it is held
        self._lanes.begin(checkpoint.place)
        with contextlib.suppress(JournalFull):
            self._save_checkpoint()

    def _load_checkpoint(self) -> Checkpoint:
        try:
            return Checkpoint.load(self.directory)
        except ValueError as error:
            _log.error("%s; it is set aside, and the journal is believed", error)
            (self.directory / CHECKPOINT).replace(self.directory / f"{CHECKPOINT}.damaged")
            return Checkpoint()

    def _save_checkpoint(self) -> None:
        with self._guard:
            lane = self._lanes.newest
            checkpoint = Checkpoint(lane.spool_id, lane.offset, self._lanes.next_place, self._positions)
            try:
                checkpoint.save(self.directory)
            except OSError as error:
                if error.errno not in NO_ROOM | NO_DESCRIPTOR:
                    raise
                raise JournalFull(f"{CHECKPOINT} can't be written: {error}") from error

    def _settle_with(self, lane: Lane, known: Known) -> Divergence | None:
        """Where the ledger's word does not fit: set the batches aside that may be others than the ledger's."""
        newest = self._batches.get(lane.offset + known.newest_seq) if 0 < known.newest_seq <= lane.last_seq else None
        verdict = judge(lane, known, newest.chain if newest is not None else None)
        if verdict is Verdict.SAME:
            return None
        doubtful: list[int] = []
        if verdict is not Verdict.REWOUND:
            suspects = self._batches if verdict is Verdict.FORKED else self._uncommitted
            doubtful = [place for place in suspects if lane.offset < place <= lane.offset + lane.last_seq]
            self.leave(lane)
        told, lane.is_told = lane.is_told, True
        divergence = Divergence.of(verdict, lane, known, len(doubtful))
        for place in doubtful:
            try:
                self.set_aside(place, divergence.what)
            except JournalCorrupt:
                self.give_up(place)
        return None if told and not doubtful else divergence

    def _forget(self, place: int) -> Spooled:
        self._uncommitted.pop(place, None)
        return self._batches.pop(place)

    def _release_old(self) -> None:
        ends = time.monotonic() - self._retain_seconds
        crowded = self._journal.fill() > _CROWDED or len(self._lanes) > _MANY_LANES
        old = 0
        while old < len(self._kept) and (crowded or self._kept[old][0] <= ends):
            old += 1
        self._release(old)

    def _release(self, count: int) -> int:
        """Let go of the `count` batches that were committed first."""
        done = [spooled for _, spooled in (self._kept.popleft() for _ in range(count))]
        for spooled in done:
            self._batches.pop(spooled.place, None)
        if done:
            self._journal.release([spooled.ref for spooled in done])
        return len(done)


def _keep(path: Path, message: bytes, reason: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.with_suffix(".reason").write_text(reason + "\n", "utf-8")
    with path.open("wb") as file:
        file.write(message)
        file.flush()
        os.fsync(file.fileno())


def _merged(positions: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    """Positions with `changed` laid over them; None forgets one."""
    return {key: value for key, value in {**positions, **changed}.items() if value is not None}
