"""A spool: batches on disk, each in one frame with the source's position after it, until they are committed.

What `append` returned survives a kill and a power loss; a restart continues the source exactly behind it.
"""

import os
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from typing import Any

from logmesh.client.spool_identity import SpoolIdentity
from logmesh.journal import FrameRef, Journal
from logmesh.record.batch import encode_batch
from logmesh.record.json_text import dump_json, load_json
from logmesh.record.ranges import RangeSet
from logmesh.v1.record_pb2 import LogColumns

_LENGTH = Struct("<I")
_SEGMENT_BYTES = 16 << 20
_FULL = 0.9  # above it the source is paused
_CROWDED = 0.5  # above it committed batches are no longer kept for a restored database


@dataclass(frozen=True, slots=True)
class Spooled:
    """A batch in the spool."""

    seq: int
    count: int
    ref: FrameRef


class Spool:
    """One producer's batches, numbered from 1. `append` is called from one thread, the rest from the event loop."""

    def __init__(self, directory: Path, *, max_bytes: int, retain_seconds: float) -> None:
        """Open or make the spool. Raises JournalLocked when another process has it, ValueError for a broken identity."""
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self._retain_seconds = retain_seconds
        self._journal = Journal.open(directory, segment_bytes=_SEGMENT_BYTES, max_bytes=max_bytes)
        self._identity_path = directory / "spool.json"
        self._identity = SpoolIdentity.load(self._identity_path)
        # `append` runs in a thread of its own; number and positions must be saved as one.
        self._identity_lock = threading.Lock()
        self._batches: dict[int, Spooled] = {}
        self._uncommitted: dict[int, None] = {}  # in order of number
        self._kept: deque[tuple[float, Spooled]] = deque()  # committed, by time of commit
        self._recover()

    @property
    def spool_id(self) -> str:
        """The spool's identity, for life."""
        return self._identity.spool_id

    @property
    def positions(self) -> dict[str, Any]:
        """Where the source stands after the last batch."""
        return self._identity.positions

    def next_epoch(self) -> int:
        """A number above all that this spool has used to open a stream."""
        with self._identity_lock:
            self._identity.epoch += 1
            self._identity.save(self._identity_path)
            return self._identity.epoch

    def append(self, columns: LogColumns, positions: dict[str, Any], *, compress: bool = False) -> Spooled:
        """Write a batch and the positions that changed with it; durable on return. Raises JournalFull, JournalFailed."""
        seq = self._identity.next_seq
        batch = encode_batch(seq, columns, compress)
        header = dump_json({"seq": seq, "count": len(columns.bodies), "positions": positions})
        if self._journal.starts_segment(len(header) + len(batch) + _LENGTH.size):
            # Older segments may go from now on, and with them what they alone said of numbers and positions.
            with self._identity_lock:
                self._identity.save(self._identity_path)
        (ref,) = self._journal.append([(_LENGTH.pack(len(header)), header, batch)])
        with self._identity_lock:
            self._identity.next_seq = seq + 1
            self._identity.positions = _merged(self._identity.positions, positions)
        return Spooled(seq, len(columns.bodies), ref)

    def note(self, positions: dict[str, Any]) -> None:
        """Keep positions that changed without a record."""
        with self._identity_lock:
            self._identity.positions = _merged(self._identity.positions, positions)
            self._identity.save(self._identity_path)

    def add(self, spooled: Spooled) -> None:
        """Make an appended batch known to the forwarder."""
        self._batches[spooled.seq] = spooled
        self._uncommitted[spooled.seq] = None

    def hold(self, columns: LogColumns) -> int:
        """`append` and `add` in one, for who does everything on one thread; return the number."""
        spooled = self.append(columns, {})
        self.add(spooled)
        return spooled.seq

    def has_room(self) -> bool:
        """Whether the source may go on; frees what is committed and has been kept long enough."""
        self._release_old()
        return self._journal.fill() < _FULL

    def fill(self) -> float:
        """Part of the bound in use, 0 to 1."""
        return self._journal.fill()

    def lowest_seq(self) -> int:
        """Lowest number that is still held, 0 for an empty spool."""
        return min(self._batches, default=0)

    def last_seq(self) -> int:
        """Greatest number that is held, 0 for an empty spool."""
        return next(reversed(self._batches), 0)

    def after(self, seq: int) -> list[int]:
        """Uncommitted numbers above `seq`, lowest first."""
        if seq >= self.last_seq():
            return []
        newer = []
        for number in reversed(self._uncommitted):
            if number <= seq:
                break
            newer.append(number)
        return newer[::-1]

    def reconcile(self, committed: RangeSet) -> list[int]:
        """Take the ledger's word for what is committed; return the numbers that it lacks, lowest first.

        It may lack what it once had: a database that was restored gets it again.
        """
        kept = {spooled.seq: when for when, spooled in self._kept}
        self._kept.clear()
        self._uncommitted.clear()
        for seq in sorted(self._batches):
            if seq in committed:
                self._kept.append((kept.get(seq, time.monotonic()), self._batches[seq]))
            else:
                self._uncommitted[seq] = None
        return list(self._uncommitted)

    def read(self, seq: int) -> bytes:
        """The batch's message. Raises KeyError for one that is not held, JournalCorrupt for a damaged one."""
        frame = self._journal.read(self._batches[seq].ref)
        (length,) = _LENGTH.unpack_from(frame)
        return frame[_LENGTH.size + length :]

    def commit(self, first: int, last: int) -> int:
        """Mark batches as committed; return how many records that newly are."""
        records = 0
        for seq in (
            range(first, last + 1) if last - first < 10_000 else [s for s in self._batches if first <= s <= last]
        ):
            if seq in self._uncommitted:
                del self._uncommitted[seq]
                spooled = self._batches[seq]
                self._kept.append((time.monotonic(), spooled))
                records += spooled.count
        return records

    def set_aside(self, seq: int, reason: str) -> str:
        """Keep a batch that no processor will take in a file of its own, and go on without it; say where it is.

        Raises KeyError for one that is not held, JournalCorrupt for a damaged one.
        """
        folder = self.directory / "refused"
        folder.mkdir(exist_ok=True)
        path = folder / f"{seq}.batch"
        path.with_suffix(".reason").write_text(reason + "\n", "utf-8")
        with path.open("wb") as file:
            file.write(self.read(seq))
            file.flush()
            os.fsync(file.fileno())
        self._journal.release([self._forget(seq).ref])
        return f"kept in {path}"

    def give_up(self, seq: int) -> None:
        """Go on without a batch that is damaged on disk; the journal keeps the file it is in for people to look at."""
        self._journal.set_aside(self._forget(seq).ref)

    def abandoned(self) -> RangeSet:
        """Numbers between the lowest and the last that are not held: given up, or committed long ago."""
        held = RangeSet((seq, seq) for seq in sorted(self._batches))
        lowest = self.lowest_seq()
        return RangeSet((first, last) for first, last in held.missing() if first >= lowest)

    def uncommitted(self) -> int:
        """Batches that the database has not confirmed."""
        return len(self._uncommitted)

    def lowest_uncommitted(self) -> int:
        """The lowest of them, 0 for none."""
        return next(iter(self._uncommitted), 0)

    def leave_to_parent(self) -> None:
        """Called in a forked child; nothing else may be called there afterwards."""
        self._journal.leave_to_parent()

    def close(self) -> None:
        """Write a checkpoint and close; a spool that holds only committed batches is not read again for them."""
        self._identity.save(self._identity_path)
        self._journal.close()

    def _recover(self) -> None:
        identity = self._identity
        for ref, frame in self._journal.frames():
            (length,) = _LENGTH.unpack_from(frame)
            header = load_json(frame[_LENGTH.size : _LENGTH.size + length])
            self.add(Spooled(header["seq"], header["count"], ref))
            if header["seq"] >= identity.next_seq:
                identity.next_seq = header["seq"] + 1
                identity.positions = _merged(identity.positions, header["positions"])
        identity.save(self._identity_path)

    def _forget(self, seq: int) -> Spooled:
        self._uncommitted.pop(seq, None)
        return self._batches.pop(seq)

    def _release_old(self) -> None:
        now = time.monotonic()
        crowded = self._journal.fill() > _CROWDED
        done: list[FrameRef] = []
        while self._kept and (crowded or now - self._kept[0][0] >= self._retain_seconds):
            _, spooled = self._kept.popleft()
            del self._batches[spooled.seq]
            done.append(spooled.ref)
        if done:
            self._journal.release(done)


def _merged(positions: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    """Positions with `changed` laid over them; None forgets one."""
    return {key: value for key, value in {**positions, **changed}.items() if value is not None}
