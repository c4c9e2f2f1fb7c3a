"""Follows files by glob through appends, rotation, compression and deletion, and hands out every line once.

Which files there are is for `known_files` to say. All of it happens in a `ReadingThread`, so that a file that does not answer
keeps neither the other files nor delivery waiting.
"""

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from logmesh.producer.containers.container import Container
from logmesh.producer.containers.hints import NO_HINTS
from logmesh.producer.containers.naming import Naming
from logmesh.producer.containers.pods import NotYet, Pods
from logmesh.producer.formats.stream import StreamParser
from logmesh.producer.sources import Chunk, Position
from logmesh.producer.sources.discovery import FoundFile
from logmesh.producer.sources.known_files import KnownFiles
from logmesh.producer.sources.lines import Line
from logmesh.producer.sources.reading_thread import STUCK_SECONDS, ReadingThread
from logmesh.producer.sources.records import NEVER, Moment, read_records
from logmesh.producer.sources.tracked_file import TrackedFile
from logmesh.producer.sources.troubles import Troubles
from logmesh.producer.timestamps.zones import zone_or_machines
from logmesh.record.columns import OriginKey
from logmesh.record.json_text import dump_json

CHUNK_BYTES: Final = 256 * 1024
"""About how much one chunk holds; one record more at most."""

_WAITING_SCAN_SECONDS: Final = 0.2
"""How often files are looked for while one of them waits until it is known whose it is."""


class FileSource:
    """Reads the files that `patterns` match, new ones as they appear. See the module and `KnownFiles`."""

    def __init__(
        self,
        patterns: Sequence[str],
        positions: Mapping[str, Position],
        *,
        elsewhere: Iterable[Position] = (),
        follow: bool = True,
        join: bool = True,
        timezone: str = "",
        service: str = "",
        instance: str = "",
        troubles: Troubles | None = None,
        pods: Pods | None = None,
        scan_seconds: float = 1.0,
        poll_seconds: float = 0.1,
        stuck_seconds: float = STUCK_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._follow = follow
        self._join = join
        self._timezone = timezone
        self._parsers: dict[str, tuple[str, StreamParser]] = {}
        self._service = service.encode()
        self._instance = instance.encode()
        self._scan_seconds = scan_seconds
        self._poll_seconds = poll_seconds
        self._clock = clock
        self._troubles = Troubles() if troubles is None else troubles
        self._thread = ReadingThread(self._left_behind, self._came_back, stuck_seconds)
        self._naming = Naming(clock, self._troubles.note, pods)
        # Whether a file waits until it is known whose it is.
        self._waits = False
        self._known = KnownFiles(
            patterns,
            positions,
            elsewhere,
            join=join,
            wanted=self._is_wanted,
            thread=self._thread,
            troubles=self._troubles,
            clock=clock,
        )
        self._chunk = Chunk()
        self._chunk_bytes = 0
        # The file that is being looked at, and where it was before: what a thread that is left behind gets out of it is dropped.
        self._visited: tuple[str, Position] | None = None
        self._scan_at = 0.0
        self._scanned = False
        self._turn = 0

    async def read(self, limit: int, wait_seconds: float) -> Chunk | None:
        """See `Source.read`. Without `follow`, None once every file was read to its end."""
        deadline = self._clock() + wait_seconds
        while True:
            chunk = await self._thread.run(lambda: self._collect(limit))
            if len(chunk):
                return chunk
            if not self._follow and not self._waits:
                return chunk if chunk.positions else None
            left = deadline - self._clock()
            if left <= 0 or chunk.positions:
                return chunk
            await asyncio.sleep(min(self._poll_seconds, left))

    def positions(self) -> dict[str, Position]:
        """See `Source.positions`."""
        return {key: file.position() for key, file in self._known.all() if file.head.length or file.finished}

    async def close(self) -> None:
        """See `Source.close`."""
        if await self._thread.close():
            for _, file in self._known.all():
                file.close()

    def _collect(self, limit: int) -> Chunk:
        """Runs in the thread, from its beginning again when one was left behind in it."""
        now = self._clock()
        self._visited = None
        waited, self._waits = self._waits, False
        if not self._scanned or ((self._follow or waited) and now >= self._scan_at):
            began = time.monotonic()
            self._known.scan()
            self._scanned = True
            pause = min(self._scan_seconds, _WAITING_SCAN_SECONDS) if self._waits else self._scan_seconds
            # A look at thousands of new files takes long: at least as much time is for reading.
            self._scan_at = now + pause + 2 * (time.monotonic() - began)
        else:
            self._waits = waited
        reading = self._known.reading()
        # The next chunk begins with the next file: a busy one doesn't keep the others waiting.
        self._turn = (self._turn + 1) % max(1, len(reading))
        for key, file in reading[self._turn :] + reading[: self._turn]:
            while self._chunk_bytes < CHUNK_BYTES and len(self._chunk) < limit:
                if not self._take(key, file, limit - len(self._chunk), CHUNK_BYTES - self._chunk_bytes, now):
                    break
        chunk, self._chunk, self._chunk_bytes = self._chunk, Chunk(), 0
        chunk.positions, self._known.changed = self._known.changed, {}
        return chunk

    def _take(self, key: str, file: TrackedFile, limit: int, max_bytes: int, now: float) -> bool:
        """Moves records from a file to the chunk; whether it may have more."""
        if not file.has_work:
            return False
        before = file.position()
        self._visited = key, before
        path = _text_of(file.path)
        lines: list[Line] = []
        try:
            with self._thread.touching(file.location, file.device) as allowed:
                if not allowed:
                    return False
                container = self._naming.container_of(path)
                hints = NO_HINTS if container is None else container.hints
                if hints.excluded:
                    self._pass_over(key, file)
                    return False
                file.join_lines(self._join if hints.join is None else hints.join)
                if file.reader is None and not file.orphaned:
                    self._known.open_files.open(file)
                end, is_same = file.buffer.end, file.is_same()
                if is_same:
                    lines = file.take(limit, max_bytes, now, one_shot=not self._follow)
        except NotYet:
            self._waits = True
            return False
        except FileNotFoundError:
            file.lose_sight()  # the next scan finds it, or what became of it
            self._scanned = self._scanned and self._follow
            return False
        except OSError as error:
            self._troubles.unreadable(file.location, error)
            file.lose_sight()
            return False
        self._troubles.over(file.location, "unreadable")
        if not is_same:
            self._known.cut_short(key, file)
            return False
        if lines:
            self._hand_out(key, file, path, container, lines)
        else:
            # A hole that it passed over: others have their turn before the rest of a large one.
            self._chunk_bytes += file.buffer.offset - before["offset"]
        grown = file.buffer.end != end
        if lines or grown:
            self._known.open_files.active(file)
        if (file.buffer.offset, list(file.head), file.finished) != (
            before["offset"],
            before["head"],
            before["finished"],
        ):
            self._known.changed[key] = file.position()
        if file.finished:
            file.close()
            self._parsers.pop(key, None)
            if file.damage:
                self._troubles.damaged(file.location, file.damage)
        return bool(lines) or grown

    def _is_wanted(self, found: FoundFile) -> bool:
        """Whether a file that was found is to be read."""
        with self._thread.touching(found.path, found.identity[0]) as allowed:
            if not allowed:
                return False
            try:
                container = self._naming.container_of(_text_of(found.path))
            except NotYet:
                self._waits = True
                return False
        return container is None or not container.hints.excluded

    def _pass_over(self, key: str, file: TrackedFile) -> None:
        """Its owner does not want it read any more. It is held open no longer, so that its disk space can be had again."""
        file.close()
        if file.orphaned:
            file.finished = True
            self._known.changed[key] = file.position()

    def _hand_out(
        self, key: str, file: TrackedFile, path: str, container: Container | None, lines: Sequence[Line]
    ) -> None:
        origin = self._origin(path, container)
        parser = self._parser(key, container)
        parser.last = file.last_time
        now = time.time_ns()
        moment = Moment(now, file.written_by(now), file.live_from if self._follow else NEVER)
        bodies, said = read_records(lines, parser, file.parts, file.identity, moment, wrapped=container is not None)
        self._chunk.extend(bodies, said, origin)
        self._chunk_bytes += sum(map(len, bodies)) + len(bodies)
        file.last_time = parser.last

    def _parser(self, key: str, container: Container | None) -> StreamParser:
        """That of a file; another one where its container's owner names another zone by now."""
        timezone = self._timezone
        if container is not None:
            timezone = container.hints.timezone or timezone or "UTC"
        made_for, parser = self._parsers.get(key, ("", None))
        if parser is None or made_for != timezone:
            zone = zone_or_machines(timezone)
            names_one = self._timezone or (container is not None and container.hints.timezone)
            parser = StreamParser(zone, or_utc=not names_one)
            self._parsers[key] = timezone, parser
        return parser

    def _origin(self, path: str, container: Container | None) -> OriginKey:
        if container is None:
            return OriginKey(self._service, self._instance, dump_json({"log.file.path": path}))
        attributes = dump_json(container.attributes | {"log.file.path": path})
        if self._service:
            return OriginKey(self._service, self._instance, attributes)
        return OriginKey(container.service.encode(), container.instance.encode(), attributes)

    def _left_behind(self, path: Path, seconds: float) -> None:
        self._troubles.stuck(path, seconds)
        if self._visited is not None:
            self._known.put_back(*self._visited)

    def _came_back(self, path: Path) -> None:
        self._troubles.over(path, "stuck")


def _text_of(path: Path) -> str:
    return os.fsencode(path).decode("utf-8", "replace")
