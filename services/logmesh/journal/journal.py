"""The journal itself: what `append` returned can be read until it is released, across kills and losses of power.

One thread appends; any thread reads, releases and asks for the fill.
"""

import contextlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Self

from logmesh.journal.ahead import Ballast, NextSegment
from logmesh.journal.durability import NO_DESCRIPTOR, NO_ROOM, Durability
from logmesh.journal.errors import JournalCorrupt, JournalFailed, JournalFull
from logmesh.journal.frame import MAX_PAYLOAD_BYTES, encode_frame, frame_bytes, group_bytes
from logmesh.journal.lock import DirectoryLock
from logmesh.journal.recovery import recover, set_aside
from logmesh.journal.segment import FrameRef, Segment, read_frame, read_frames, write_all

_READ_TOGETHER_BYTES = 1 << 20


class Journal:
    """See the package's docstring. `quarantined` and `torn` list what recovery, or a later read, set aside."""

    def __init__(
        self,
        directory: Path,
        lock: DirectoryLock,
        durability: Durability,
        segment_bytes: int,
        max_bytes: int,
        ballast_bytes: int,
        abandoned: Callable[[], bool],
    ) -> None:
        """Use `open`."""
        self._ballast = Ballast(directory, ballast_bytes)
        recovered = recover(directory, segment_bytes, durability, self._ballast, abandoned)
        self.quarantined: list[Path] = recovered.quarantined
        self.torn: list[Path] = recovered.torn
        self._directory = directory
        self._lock = lock
        self._durability = durability
        self._segment_bytes = segment_bytes
        self.max_bytes = max_bytes
        self._guard = threading.Lock()
        self._segments = {segment.number: segment for segment in recovered.segments}
        self._segments_bytes = sum(segment.allocated for segment in recovered.segments)
        self._durable = recovered.durable
        self._last_number = recovered.last_number
        self._active: Segment | None = None
        self._active_fd = -1
        self._next = NextSegment(directory, segment_bytes, durability, recovered.ready)
        self._make_next()
        self._fill_ballast()

    @classmethod
    def open(
        cls,
        directory: Path,
        *,
        segment_bytes: int = 16 << 20,
        max_bytes: int = 1 << 30,
        ballast_bytes: int = 0,
        fsync: Callable[[int], None] = os.fdatasync,
        fsync_metadata: Callable[[int], None] = os.fsync,
        abandoned: Callable[[], bool] = lambda: False,
    ) -> Self:
        """Recover the journal in `directory`, which is made if need be, and own it until `close`.

        Args:
            segment_bytes: size of a segment file; a larger group makes its segment grow.
            max_bytes: limit of all segments together, the one made ahead included.
            ballast_bytes: size of a file that is deleted when the disk is full; 0 is none.
            fsync: makes a file's contents durable.
            fsync_metadata: makes new files and directories durable.
            abandoned: asked before each segment, whether to give up a recovery that takes long.

        Raises JournalLocked when another process has it, JournalFailed when survivors can't be made durable, JournalAbandoned.
        """
        directory.mkdir(parents=True, exist_ok=True)
        lock = DirectoryLock(directory)
        try:
            durability = Durability(fsync, fsync_metadata)
            return cls(directory, lock, durability, segment_bytes, max_bytes, ballast_bytes, abandoned)
        except BaseException:
            lock.release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def append(self, payloads: Sequence[Sequence[bytes]]) -> list[FrameRef]:
        """Write one frame a payload (its buffers concatenated, 1 byte to 64 MiB) and synchronise once for all.

        The frames are durable when this returns, in one segment. Blocking; for one thread only.
        Raises ValueError, JournalFull (nothing was kept), and JournalFailed (the process must exit).
        """
        self._durability.check()
        lengths = [sum(map(len, payload)) for payload in payloads]
        if not lengths:
            return []
        if min(lengths) < 1 or max(lengths) > MAX_PAYLOAD_BYTES:
            raise ValueError(f"a payload has 1 to {MAX_PAYLOAD_BYTES} bytes")
        segment = self._segment_for(group_bytes(sum(lengths), len(lengths)))
        refs: list[FrameRef] = []
        buffers: list[bytes] = []
        end = segment.end
        for payload, length in zip(payloads, lengths, strict=True):
            buffers += encode_frame(segment.segment_id, end, self._durable, payload)
            refs.append(FrameRef(segment.number, end, length))
            end += frame_bytes(length)
        self._write(segment, buffers, end)
        self._durability.data(self._active_fd)
        with self._guard:
            segment.pending.update((ref.offset, ref.length) for ref in refs)
            segment.end = end
            self._durable = self._durable._replace(segment=segment.number, offset=end)
        return refs

    def starts_segment(self, payload_bytes: int, frames: int = 1) -> bool:
        """Whether the next append, of `frames` payloads of `payload_bytes` in all, begins a segment."""
        active = self._active
        return active is None or active.is_empty or not self._fits(active, group_bytes(payload_bytes, frames))

    def read(self, ref: FrameRef) -> bytes:
        """The payload, equal to the bit to what was appended; any thread. Raises JournalCorrupt, JournalFailed."""
        self._durability.check()
        segment, fd = self._open_segment(ref.segment)
        try:
            return read_frame(fd, segment.segment_id, ref.offset, ref.length)
        finally:
            os.close(fd)

    def read_all(self, refs: Sequence[FrameRef]) -> Iterator[bytes | JournalCorrupt]:
        """`read` of each, in their order, about a MiB at a time; one that is damaged gives its error. Raises JournalFailed."""
        self._durability.check()
        for part in _about(refs, _READ_TOGETHER_BYTES):
            payloads: list[bytes | JournalCorrupt] = [b""] * len(part)
            places = sorted(enumerate(part), key=lambda place: (place[1].segment, place[1].offset))
            for number, of_segment in groupby(places, key=lambda place: place[1].segment):
                order, mine = zip(*of_segment, strict=True)
                for at, payload in zip(order, self._read_of_segment(number, mine), strict=True):
                    payloads[at] = payload
            yield from payloads

    def _read_of_segment(self, number: int, refs: Sequence[FrameRef]) -> list[bytes | JournalCorrupt]:
        try:
            segment, fd = self._open_segment(number)
        except JournalCorrupt as error:
            return [error] * len(refs)
        try:
            return read_frames(fd, segment.segment_id, [(ref.offset, ref.length) for ref in refs])
        finally:
            os.close(fd)

    def frames(self) -> Iterator[tuple[FrameRef, bytes]]:
        """Every frame that is not released, oldest first, one at a time; any thread. Of segments that begin after this call, none.

        A frame that was damaged since recovery is left out, and its segment set aside. Raises JournalFailed.
        """
        self._durability.check()
        with self._guard:
            segments = sorted(self._segments.values(), key=lambda segment: segment.number)
        return self._frames_of(segments)

    def _frames_of(self, segments: Sequence[Segment]) -> Iterator[tuple[FrameRef, bytes]]:
        for segment in segments:
            with self._guard:
                pending = list(segment.pending.items())
            for offset, length in pending:
                ref = FrameRef(segment.number, offset, length)
                try:
                    payload = self.read(ref)
                except JournalCorrupt:
                    self.set_aside(ref)
                else:
                    yield ref, payload

    def release(self, refs: Iterable[FrameRef]) -> None:
        """Done with these frames; twice does no harm. Any thread.

        A closed segment without other frames is deleted, or becomes the spare.
        """
        self._durability.check()
        with self._guard:
            touched = set()
            for ref in refs:
                segment = self._segments.get(ref.segment)
                if segment is not None:
                    segment.pending.pop(ref.offset, None)
                    touched.add(segment)
            if any(not segment.pending for segment in touched):
                self._delete_empty()

    def set_aside(self, ref: FrameRef) -> None:
        """Done with a frame that is damaged: as `release`, but its segment's file is kept for people to look at."""
        with self._guard:
            segment = self._segments.get(ref.segment)
            if segment is None or segment.pending.pop(ref.offset, None) is None:
                return  # released meanwhile
            kept = set_aside(segment.path)
            if kept not in self.quarantined:
                self.quarantined.append(kept)
            if segment is not self._active and not segment.pending:
                self._delete(segment)

    def bytes_used(self) -> int:
        """Bytes of all segments on disk, the one made ahead and the spare included."""
        return self._segments_bytes + self._next.reserved_bytes

    def fill(self) -> float:
        """`bytes_used` as a part of `max_bytes`, 0 to 1."""
        return min(1.0, self.bytes_used() / self.max_bytes)

    def bytes_with(self, waiting_bytes: int) -> int:
        """Bytes that are taken once so many more are appended. Room that was made ahead for them is not."""
        active = self._active
        unused = active.allocated - active.end if active else 0
        return self._segments_bytes - unused + waiting_bytes

    def close(self, *, tidy: bool = True) -> None:
        """Wait for the background, and let the directory go. Nothing else may be called afterwards.

        Segments without frames that are not released go, and with `tidy` unset stay, for somebody who needs what was said in them.
        """
        self._next.close()
        with self._guard:
            self._close_active()
        if tidy and not self._durability.has_failed:
            self._tidy()
        self._lock.release()

    def _tidy(self) -> None:
        """Leave no file that nobody needs. Their names are gone for good, since their numbers are given out again."""
        with self._guard:
            self._delete_empty()
        self._next.drop()
        with contextlib.suppress(JournalFailed):
            self._durability.directory(self._directory)

    def leave_to_parent(self) -> None:
        """Called in a forked child: the directory stays the parent's, and is free when the parent lets go of it."""
        self._lock.release()  # the child's descriptor of it; as long as that is open the kernel keeps the lock

    def _fits(self, segment: Segment, size: int) -> bool:
        return segment.end + size <= self._segment_bytes

    def _has_room(self, size: int) -> bool:
        if self.bytes_used() + size > self.max_bytes:
            self._next.drop_spare()
        return self.bytes_used() + size <= self.max_bytes

    def _make_next(self) -> None:
        """Have the next segment made, unless it is, or there is no room for it."""
        if self._next.is_wanted and self.bytes_used() + self._next.needed_bytes <= self.max_bytes:
            self._next.make(self._last_number + 1)
            self._fill_ballast()

    def _fill_ballast(self) -> None:
        """Leave more than the ballast's own bytes free, or it would come and go with each append to a full disk."""
        self._ballast.fill(spare=2 * self._segment_bytes)

    def _segment_for(self, size: int) -> Segment:
        active = self._active
        if active is None or not (active.is_empty or self._fits(active, size)):
            active = self._roll()
        growth = active.end + size - active.allocated
        if growth > 0 and not self._has_room(growth):
            raise JournalFull(f"{self.bytes_used()} of {self.max_bytes} bytes used")
        self._make_next()
        return active

    def _roll(self) -> Segment:
        closed = self._active
        if closed is not None and not closed.pending:
            with self._guard:
                self._close_active()
                self._delete(closed)
        self._make_next()
        segment = self._next.take()
        if segment is None:
            if not self._has_room(self._segment_bytes):
                raise JournalFull(f"{self.bytes_used()} of {self.max_bytes} bytes used")
            self._ballast.drop()
            raise JournalFull("the disk is full")
        try:
            fd = os.open(segment.path, os.O_RDWR)
        except OSError as error:
            if error.errno not in NO_DESCRIPTOR:
                raise
            self._next.put_back(segment)
            raise JournalFull(f"segment {segment.number} can't be opened: {error}") from error
        with self._guard:
            self._close_active()
            self._active, self._active_fd = segment, fd
            self._last_number = segment.number
            self._segments[segment.number] = segment
            self._segments_bytes += segment.allocated
            if closed is not None and not closed.pending and closed.number in self._segments:
                self._delete(closed)
        return segment

    def _close_active(self) -> None:
        if self._active is not None:
            os.close(self._active_fd)
            self._active, self._active_fd = None, -1

    def _write(self, segment: Segment, buffers: list[bytes], end: int) -> None:
        try:
            write_all(self._active_fd, buffers, segment.end)
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise self._durability.fail(f"write failed: {error}") from error
            self._cut_to(segment, segment.end)
            self._next.drop_spare()
            self._ballast.drop()
            raise JournalFull(f"the disk is full: {error}") from error
        if end > segment.allocated:
            self._account(segment, end)

    def _cut_to(self, segment: Segment, size: int) -> None:
        """Leave nothing of a failed write behind; truncating also works where zeroing would need room."""
        try:
            os.ftruncate(self._active_fd, size)
        except OSError as error:
            raise self._durability.fail(f"truncation failed: {error}") from error
        self._account(segment, size)

    def _account(self, segment: Segment, size: int) -> None:
        with self._guard:
            self._segments_bytes += size - segment.allocated
            segment.allocated = size

    def _delete_empty(self) -> None:
        """Called with the guard held. Also those that could not be deleted before."""
        for segment in [segment for segment in self._segments.values() if not segment.pending]:
            if segment is not self._active:
                self._delete(segment)

    def _delete(self, segment: Segment) -> None:
        """Called with the guard held. If the deletion is lost with the power, the frames come back, as documented."""
        try:
            if segment.path not in self.quarantined:  # else kept under its own name, where a file can't have two
                # Not where the journal is filling: there the room is worth more than the time.
                reusable = segment.allocated == self._segment_bytes and 2 * self.bytes_used() < self.max_bytes
                if not (reusable and self._next.keep(segment.path)):
                    segment.path.unlink(missing_ok=True)
        except FileNotFoundError:
            pass  # somebody else deleted it
        except OSError:
            return  # nobody is waiting for it: it takes its room until a later release, or the next start
        del self._segments[segment.number]
        self._segments_bytes -= segment.allocated

    def _open_segment(self, number: int) -> tuple[Segment, int]:
        segment = self._segments.get(number)
        if segment is None:
            raise JournalCorrupt(f"segment {number} is gone")
        try:
            return segment, os.open(segment.path, os.O_RDONLY)
        except FileNotFoundError as error:
            raise JournalCorrupt(f"segment {number} is gone") from error


def _about(refs: Sequence[FrameRef], size: int) -> Iterator[Sequence[FrameRef]]:
    """Parts of about `size` bytes each."""
    begin = have = 0
    for at, ref in enumerate(refs, 1):
        have += ref.length
        if have >= size or at == len(refs):
            yield refs[begin:at]
            begin, have = at, 0
