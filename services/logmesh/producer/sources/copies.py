"""Tells a copy that rotation makes of a file, plain or compressed, from another file that only begins like it.

While the original is there, its copy holds nothing that it does not, be the copy complete or still being made. Once the
original is gone, its copy holds at least what was read of it.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from typing import NamedTuple

from logmesh.producer.sources.discovery import FoundFile, Identity, Touching, rotated_file
from logmesh.producer.sources.fingerprint import LENGTH, may_be_rotation_of
from logmesh.producer.sources.open_files import OpenFiles
from logmesh.producer.sources.reading import BLOCK_BYTES, Reader
from logmesh.producer.sources.tracked_file import Seen, TrackedFile
from logmesh.producer.sources.unpacking import SUFFIXES

Known = tuple[str, TrackedFile]
"""A file with its key, which is empty where it is known from others' positions."""


class _Waiting(NamedTuple):
    original: TrackedFile
    judged: Seen
    """How the copy was when it was compared with the original."""
    seen: Seen
    """How it was when it was last met."""


class Copies:
    """Judges files that were found beside those that are known."""

    def __init__(self, touching: Touching, open_files: OpenFiles) -> None:
        self._touching, self._open_files = touching, open_files
        # Copies that wait for their originals, as they were last seen.
        self._waiting: dict[Identity, _Waiting] = {}

    def original_of(self, found: FoundFile, reader: Reader, known: Sequence[Known]) -> tuple[Known | None, bool]:
        """Of which file this is the copy, and whether that one is still there, so that the copy has to wait."""
        waited_for = self._waiting.get(found.identity)
        if self._still_waits(found):
            return None, True
        originals: list[Known] = []
        if waited_for is not None and waited_for.original.finished and self.is_copy(found, reader, waited_for.original):
            originals.append(("", waited_for.original))  # which may be forgotten by now
        possible: TrackedFile | None = None
        for key, file in known:
            if file.identity == found.identity:
                continue
            if file.path == found.path:
                if self._replaces(found, reader, file):
                    originals.append((key, file))
                continue
            if not may_be_rotation_of(found.path, file.path):
                continue
            if not file.finished if key else self._is_there(file):
                is_held = self._is_held_by(file, found, reader)
                if is_held or (is_held is None and self.is_copy(found, reader, file)):
                    return self._wait_for(file, found)
                if is_held is None:
                    possible = file
            elif self.is_copy(found, reader, file):
                originals.append((key, file))
        if not originals and possible is not None:
            return self._wait_for(possible, found)
        return max(originals, key=lambda pair: pair[1].buffer.offset, default=None), False

    def _wait_for(self, original: TrackedFile, found: FoundFile) -> tuple[None, bool]:
        seen = found.mtime_ns, found.size
        self._waiting[found.identity] = _Waiting(original, judged=seen, seen=seen)
        return None, True

    def is_copy(self, found: FoundFile, reader: Reader, file: TrackedFile) -> bool:
        """Whether what was read of `file` is in `reader`; and nothing else, where that was all there was."""
        try:
            with self._touching(found.path):
                return file.begins(reader) and not (file.is_complete and reader.read(file.buffer.offset, 1))
        except OSError:
            return False

    def part_of(self, found: FoundFile, reader: Reader, known: Sequence[TrackedFile]) -> tuple[TrackedFile, int] | None:
        """Of which file that was cut short or is gone this is a copy, made before the last of what was read of it was written; and
        the length of the copy."""
        for file in known:
            if not (file.finished or file.orphaned) or not may_be_rotation_of(found.path, file.path):
                continue
            try:
                with self._touching(found.path):
                    length = file.length_of_part(reader)
            except OSError:
                continue
            if length:
                return file, length
        return None

    def _replaces(self, found: FoundFile, reader: Reader, file: TrackedFile) -> bool:
        """Whether `file` is gone and was written anew under its name with all that it held, as editors and rsync do."""
        try:
            with self._touching(found.path):
                is_same = file.begins(reader) and file.begins_all(reader)
        except OSError:
            return False
        return is_same and not self._is_there(file)

    def _still_waits(self, found: FoundFile) -> bool:
        """Whether a copy waits and need not be judged again: it is as it was, or compressed with its writer still at work."""
        waiting = self._waiting.pop(found.identity, None)
        if waiting is None or waiting.original.finished or waiting.original.orphaned:
            return False
        seen = found.mtime_ns, found.size
        is_being_written = found.path.suffix in SUFFIXES and seen != waiting.seen
        if seen != waiting.judged and not is_being_written:
            return False
        self._waiting[found.identity] = waiting._replace(seen=seen)
        return True

    def _is_there(self, file: TrackedFile) -> bool:
        found = rotated_file(file.path, file.identity, self._touching)
        if found is not None:
            file.location = found.path
        return found is not None

    def _is_held_by(self, original: TrackedFile, found: FoundFile, reader: Reader) -> bool | None:
        """Whether all of `reader` is in the original; None where that can't be seen, since it is cut short or gone just now."""
        try:
            with self._touching(original.location), self._opened(original) as there:
                held = _holds(there, reader)
                # Last, since it may be cut short at any time.
                is_as_it_was = there.identity() == original.identity and original.begins(there)
        except OSError:
            return None
        return held or (False if is_as_it_was else None)

    def _opened(self, file: TrackedFile) -> AbstractContextManager[Reader]:
        """A reader of a file that may have no name any more. One of a compressed file that is being read would lose its place."""
        if file.reader is not None and not file.reader.packed:
            return nullcontext(file.reader)
        return closing(self._open_files.reader(file.location))


def _holds(there: Reader, reader: Reader) -> bool:
    """Whether `there` begins with all that `reader` holds. Of two plain files, the beginning and the end of it are compared."""
    if there.packed or reader.packed:
        at = 0
        while data := reader.read(at, BLOCK_BYTES):
            if there.read(at, len(data)) != data:
                return False
            at += len(data)
        return True
    size = reader.state().size
    end = max(0, size - LENGTH)
    return all(there.read(at, LENGTH).startswith(reader.read(at, min(LENGTH, size - at))) for at in (0, end))
