"""Follows files by glob through appends, rotation, compression and deletion, and hands out every line once.

A file is known by device, inode and fingerprint. One that begins as a file we were reading and goes by a
name that rotation gives is its copy: it is read from where the original was left, once the original has been
cut short or is gone, and not before.
"""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from logmesh.producer.container_lines import unwrap
from logmesh.producer.parsing import NOTHING, parse_line
from logmesh.producer.sources import Chunk, Position
from logmesh.producer.sources.discovery import FoundFile, Identity, matching_files, neighbours, rotated_file
from logmesh.producer.sources.fingerprint import may_be_rotation_of
from logmesh.producer.sources.kubernetes import Container, container_of
from logmesh.producer.sources.lines import Line
from logmesh.producer.sources.reading import Reader, open_reader
from logmesh.producer.sources.tracked_file import TrackedFile
from logmesh.record.columns import OriginKey
from logmesh.record.json_text import dump_json

CHUNK_BYTES: Final = 256 * 1024
"""About how much one chunk holds; one record more at most."""

# How many finished files are remembered, to know their copies by.
_MEMORY: Final = 256

_log = logging.getLogger(__name__)


class FileSource:
    """Reads the files that `patterns` match, new ones as they appear. See the module."""

    def __init__(
        self,
        patterns: Sequence[str],
        positions: Mapping[str, Position],
        *,
        follow: bool = True,
        join: bool = True,
        service: str = "",
        instance: str = "",
        scan_seconds: float = 1.0,
        poll_seconds: float = 0.1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._patterns = list(patterns)
        self._follow = follow
        self._join = join
        self._service = service.encode()
        self._instance = instance.encode()
        self._scan_seconds = scan_seconds
        self._poll_seconds = poll_seconds
        self._clock = clock
        self._files = {key: TrackedFile.from_position(position, join=join) for key, position in positions.items()}
        self._next_key = max((int(key) for key in positions), default=0) + 1
        # A copy that waits, by device and inode, and the key of the file that it waits for.
        self._copies: dict[Identity, str] = {}
        self._changed: dict[str, Position | None] = {}
        self._scan_at = 0.0
        self._scanned = False
        self._turn = 0

    async def read(self, limit: int, wait_seconds: float) -> Chunk | None:
        """See `Source.read`. Without `follow`, None once every file was read to its end."""
        deadline = self._clock() + wait_seconds
        while True:
            chunk = self._collect(limit)
            if len(chunk):
                return chunk
            if not self._follow:
                return chunk if chunk.positions else None
            left = deadline - self._clock()
            if left <= 0 or chunk.positions:
                return chunk
            await asyncio.sleep(min(self._poll_seconds, left))

    def positions(self) -> dict[str, Position]:
        """See `Source.positions`."""
        return {key: file.position() for key, file in self._files.items() if file.head.length or file.finished}

    async def close(self) -> None:
        """See `Source.close`."""
        for file in self._files.values():
            file.close()

    def _collect(self, limit: int) -> Chunk:
        now = self._clock()
        if not self._scanned or (self._follow and now >= self._scan_at):
            self._scan()
            self._scanned = True
            self._scan_at = now + self._scan_seconds
        chunk = Chunk()
        left = CHUNK_BYTES
        reading = self._reading()
        # The next chunk begins with the next file: a busy one doesn't keep the others waiting.
        self._turn = (self._turn + 1) % max(1, len(reading))
        for key, file in reading[self._turn :] + reading[: self._turn]:
            while left > 0 and len(chunk) < limit:
                taken = self._take(key, file, chunk, limit - len(chunk), left, now)
                left -= taken
                if not taken:
                    break
        self._forget_oldest()
        chunk.positions, self._changed = self._changed, {}
        return chunk

    def _take(self, key: str, file: TrackedFile, chunk: Chunk, limit: int, max_bytes: int, now: float) -> int:
        """Moves records from a file to the chunk; how many bytes, or 1 when it read some and has no record ready."""
        try:
            if not file.is_same():
                self._cut_short(key, file)
                return 0
            end, before = file.buffer.end, (file.buffer.offset, file.head, file.finished)
            lines = file.take(limit, max_bytes, now, one_shot=not self._follow)
        except OSError as error:
            _log.warning("A file can't be read; it is tried again.", extra={"path": str(file.location), "error": error})
            file.close()
            file.seen_mtime_ns = 0
            return 0
        if lines:
            self._hand_out(file, lines, chunk)
        if (file.buffer.offset, file.head, file.finished) != before:
            self._changed[key] = file.position()
        if file.finished:
            file.close()
        return sum(len(line.body) + 1 for line in lines) or int(file.buffer.end != end)

    def _hand_out(self, file: TrackedFile, lines: Sequence[Line], chunk: Chunk) -> None:
        path = os.fsencode(file.path).decode("utf-8", "replace")
        container = container_of(path)
        origin = self._origin(path, container)
        observed = time.time_ns()
        for body, part in lines:
            text, first = unwrap(body) if container is not None and not part else (body, body.partition(b"\n")[0])
            parsed = parse_line(first, observed) if part <= 1 else NOTHING
            chunk.append(text, parsed.with_part(part) if part else parsed, origin)

    def _origin(self, path: str, container: Container | None) -> OriginKey:
        if container is None:
            return OriginKey(self._service, self._instance, dump_json({"log.file.path": path}))
        attributes = dump_json(container.attributes | {"log.file.path": path})
        if self._service:
            return OriginKey(self._service, self._instance, attributes)
        return OriginKey(container.service.encode(), container.instance.encode(), attributes)

    def _scan(self) -> None:
        """Meets new files, and finds those again that are not open."""
        known = {key: file for key, file in self._files.items() if file.head.length}
        matches = matching_files(self._patterns)
        for key, file in self._reading():
            if (found := matches.get(file.identity)) is None and file.reader is None and not file.orphaned:
                found = rotated_file(file.path, file.identity)
            if found is not None:
                self._open(file, found)
            elif file.reader is None and not file.orphaned:
                self._lose(key, file)
        tracked = {file.identity for _, file in self._reading() if not file.orphaned}
        finished = {file.identity: file for file in self._files.values() if file.finished}
        for identity, found in matches.items():
            if identity in tracked or self._waits(identity):
                continue
            if identity not in finished or not self._is_still(finished[identity], found):
                self._meet(found, known)

    def _reading(self) -> list[tuple[str, TrackedFile]]:
        return [(key, file) for key, file in self._files.items() if not file.finished]

    def _open(self, file: TrackedFile, found: FoundFile) -> None:
        if file.orphaned or (file.reader is not None) or file.seen_mtime_ns == found.mtime_ns:
            return
        file.location, file.seen_mtime_ns = found.path, found.mtime_ns
        try:
            file.open()
        except OSError as error:
            _log.warning("A file can't be opened; it is tried again.", extra={"path": str(found.path), "error": error})
            file.seen_mtime_ns = 0

    def _waits(self, identity: Identity) -> bool:
        """Whether this is a copy of a file that is still being read."""
        original = self._files.get(self._copies.get(identity, ""))
        return original is not None and not original.finished

    def _is_still(self, file: TrackedFile, found: FoundFile) -> bool:
        """Whether a finished file is there as it was, and not another one by its inode."""
        if file.seen_mtime_ns == found.mtime_ns:
            return True
        try:
            reader = open_reader(found.path)
        except OSError:
            return True
        same = file.is_copied_to(reader)
        reader.close()
        if same:
            file.seen_mtime_ns = found.mtime_ns
        return same

    def _meet(self, found: FoundFile, known: Mapping[str, TrackedFile]) -> None:
        """Begins with a file that is new, unless it's the copy of one that is still being read."""
        try:
            reader = open_reader(found.path)
        except OSError as error:
            _log.warning("A file can't be opened; it is tried again.", extra={"path": str(found.path), "error": error})
            return
        original = next((key for key, file in known.items() if _is_copy(found, reader, file)), None)
        if original is not None and not self._files[original].finished:
            self._copies[found.identity] = original
            reader.close()
            return
        self._copies.pop(found.identity, None)
        self._begin(found, reader, original)

    def _begin(self, found: FoundFile, reader: Reader, original: str | None) -> None:
        file = TrackedFile(found.path, *found.identity, join=self._join)
        file.seen_mtime_ns = found.mtime_ns
        key = str(self._next_key)
        self._next_key += 1
        self._files[key] = file
        if original is not None:
            file.inherit(self._files.pop(original))
            self._changed[original] = None
        file.hold(reader)
        file.fed_at = self._clock()
        if file.head.length:
            self._changed[key] = file.position()

    def _cut_short(self, key: str, file: TrackedFile) -> None:
        """The file was emptied in place or replaced: the rest of what it held is in its copy, if there is one."""
        file.close()
        if not self._find_copy(key, file):
            # No copy: what was read before is all there is.
            file.orphaned = True
            self._changed[key] = file.position()
        found = FoundFile(file.location, file.identity, 0)
        try:
            self._begin(found, open_reader(file.location), None)
        except OSError:
            # It's gone by now; if it comes back, the next scan meets it.
            return

    def _lose(self, key: str, file: TrackedFile) -> None:
        """The file was deleted while nobody held it: its copy has the rest, if there is one."""
        if not self._find_copy(key, file):
            file.finished = True
            self._changed[key] = file.position()

    def _find_copy(self, key: str, file: TrackedFile) -> bool:
        tracked = {other.identity for other in self._files.values()}
        for found in neighbours(file.path):
            if found.identity in tracked:
                continue
            try:
                reader = open_reader(found.path)
            except OSError:
                continue
            if _is_copy(found, reader, file):
                self._begin(found, reader, key)
                return True
            reader.close()
        return False

    def _forget_oldest(self) -> None:
        finished = [key for key, file in self._files.items() if file.finished]
        for key in finished[:-_MEMORY]:
            del self._files[key]
            self._changed[key] = None


def _is_copy(found: FoundFile, reader: Reader, file: TrackedFile) -> bool:
    if found.identity == file.identity or not may_be_rotation_of(found.path, file.path):
        return False
    try:
        return file.is_copied_to(reader)
    except OSError:
        return False
