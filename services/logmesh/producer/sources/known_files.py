"""Which files there are, and where each was left: meets new ones, and finds those again that rotation moved.

A file is known by device, inode and what was read of it. What is a copy of one, which rotation makes, is for `copies` to say: it
is read from where the original was left, once the original has been cut short or is gone, and not before.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from logmesh.producer.sources import Position
from logmesh.producer.sources.copies import Copies, Known
from logmesh.producer.sources.discovery import (
    FoundFile,
    Identity,
    matching_files,
    neighbours,
    regular_file,
    rotated_file,
)
from logmesh.producer.sources.open_files import OpenFiles
from logmesh.producer.sources.reading import Reader
from logmesh.producer.sources.reading_thread import ReadingThread
from logmesh.producer.sources.tracked_file import UNSEEN, TrackedFile
from logmesh.producer.sources.troubles import Troubles

# How many finished files that no pattern matches any more are remembered, to know their copies by.
_MEMORY: Final = 256


class KnownFiles:
    """The files that `patterns` match, by key, and where they were left. `changed` gathers positions to be kept.

    `elsewhere` are places that others, with positions of their own, reached in the same files. A file that is not `wanted` is asked
    for again with each scan.
    """

    def __init__(
        self,
        patterns: Sequence[str],
        positions: Mapping[str, Position],
        elsewhere: Iterable[Position],
        *,
        join: bool,
        wanted: Callable[[FoundFile], bool],
        thread: ReadingThread,
        troubles: Troubles,
        clock: Callable[[], float],
    ) -> None:
        self._patterns, self._join, self._wanted, self._clock = list(patterns), join, wanted, clock
        self._thread, self._troubles = thread, troubles
        self.open_files = OpenFiles()
        self._copies = Copies(thread.touching, self.open_files)
        self.changed: dict[str, Position | None] = {}
        self._files = {key: TrackedFile.from_position(position, join=join) for key, position in positions.items()}
        # Copies that go on for their originals since the last scan began.
        self._successors: list[Known] = []
        self._next_key = max((int(key) for key in positions), default=0) + 1
        self._elsewhere: dict[Identity, list[TrackedFile]] = defaultdict(list)
        for position in elsewhere:
            file = TrackedFile.from_position(position, join=join)
            self._elsewhere[file.identity].append(file)

    def all(self) -> list[Known]:
        """Every file, finished ones too."""
        return list(self._files.items())

    def reading(self) -> list[Known]:
        """Those that are not finished."""
        return [(key, file) for key, file in self._files.items() if not file.finished]

    def put_back(self, key: str, position: Position) -> None:
        """Go on with a file from where it was, with nothing of it open, unless its copy goes on for it by now."""
        former = self._files.get(key)
        if former is None:
            return
        if former.orphaned:
            # What is buffered can't be read again; its copy is looked for again.
            former.orphaned, former.due = False, True
            return
        file = TrackedFile.from_position(position, join=self._join)
        file.location = former.location
        file.due = True
        self._files[key] = file

    def scan(self) -> None:
        """Meet new files, and find those again that are not open."""
        known = self._known_by_folder()
        self._successors.clear()
        matches = matching_files(self._patterns, self._thread.touching)
        if not matches and not self._files:
            self._troubles.none_match(self._patterns)
        for key, file in self.reading():
            self._find_again(key, file, matches)
        reading = {file.identity for _, file in self.reading() if not file.orphaned}
        finished: dict[Identity, list[TrackedFile]] = defaultdict(list)
        for file in self._files.values():
            if file.finished:
                finished[file.identity].append(file)
        for identity, found in matches.items():
            seen = (found.mtime_ns, found.size)
            if identity in reading or not found.size or any(file.seen == seen for file in finished[identity]):
                continue
            if self._wanted(found):
                self._meet(found, finished[identity], known[found.path.parent])
        self._forget(matches)
        if self._troubles.any_now:
            self._troubles.only(
                {found.path for found in matches.values()} | {file.location for _, file in self.reading()}
            )

    def _known_by_folder(self) -> dict[Path, list[Known]]:
        """Every file that can be known again. Rotation leaves no folder: among thousands of files, few are looked at for a new one."""
        known: dict[Path, list[Known]] = defaultdict(list)
        for key, file in self._files.items():
            if file.head.length:
                known[file.path.parent].append((key, file))
        return known

    def cut_short(self, key: str, file: TrackedFile) -> None:
        """The file was emptied in place or replaced: the rest of what it held is in its copy, if there is one."""
        file.leave()
        if not self._find_copy(key, file):
            self.changed[key] = file.position()
        others = [other for other in self._files.values() if other is not file and other.identity == file.identity]
        found = regular_file(file.location, self._thread.touching)
        if found is None or found.identity != file.identity:
            return
        if not any(other.finished and other.seen == (found.mtime_ns, found.size) for other in others):
            # Another file that was given its inode may be the copy of any.
            self._meet(found, others, self._known_by_folder()[found.path.parent])

    def _find_again(self, key: str, file: TrackedFile, matches: Mapping[Identity, FoundFile]) -> None:
        if file.orphaned or not self._allows(file):
            return
        found = matches.get(file.identity)
        if found is None and file.reader is None:
            found = rotated_file(file.path, file.identity, self._thread.touching)
            if found is None:
                # Deleted while nobody held it: its copy has the rest, if there is one.
                if not self._find_copy(key, file):
                    file.finished = True
                    file.seen = UNSEEN
                    self.changed[key] = file.position()
                return
        if found is not None and file.reader is None:
            file.location = found.path
            file.due = file.due or file.seen != (found.mtime_ns, found.size)
            if file.identity in self._elsewhere:
                self._catch_up(key, file)

    def _allows(self, file: TrackedFile) -> bool:
        allows = self._thread.allows
        return allows(file.location, file.device) and allows(file.path.parent, file.device)

    def _catch_up(self, key: str, file: TrackedFile) -> None:
        """Go on where another came further in the same file."""
        try:
            with self._thread.touching(file.location, file.device) as allowed:
                if not allowed:
                    return
                with closing(self.open_files.reader(file.location)) as reader:
                    furthest = _furthest([file, *self._elsewhere[file.identity]], reader)
                    is_same = file.begins(reader)
        except OSError as error:
            self._troubles.unreadable(file.location, error)
            return
        if is_same and furthest is not None:
            del self._elsewhere[file.identity]
            if furthest is not file:
                file.go_on_as(furthest)
                self.changed[key] = file.position()

    def _meet(self, found: FoundFile, former: Sequence[TrackedFile], known: Sequence[Known]) -> None:
        """Begin with a file that is new, go on with one that was known by its inode, or leave a copy until its time comes."""
        again: TrackedFile | None = None
        original: Known | None = None
        try:
            with self._thread.touching(found.path, found.identity[0]) as allowed:
                if not allowed:
                    return
                reader = self.open_files.reader(found.path)
                if reader.identity() == found.identity:
                    again = _furthest([*former, *self._elsewhere.get(found.identity, ())], reader)
        except FileNotFoundError:
            return  # moved since it was found, as rotation does: the next scan meets it where it is
        except OSError as error:
            self._troubles.unreadable(found.path, error)
            return
        self._troubles.over(found.path, "unreadable")
        if again is None:
            elsewhere = [("", file) for files in self._elsewhere.values() for file in files]
            now = [(key, file) for key, file in known if self._files.get(key) is file] + self._successors
            original, waits = self._copies.original_of(found, reader, [*now, *elsewhere])
            if (
                waits
                or reader.identity() != found.identity
                or (original is None and self._pass_over_part(found, reader, [file for _, file in known]))
            ):
                reader.close()
                return
        if again is None:
            self._begin(found, reader, original)
        elif again in former:
            self._go_on(again, found, reader)
        else:
            self._begin(found, reader).go_on_as(again)

    def _go_on(self, file: TrackedFile, found: FoundFile, reader: Reader) -> None:
        file.revive()
        file.location = found.path
        if file.reader is None:
            self.open_files.hold(file, reader)
        else:
            reader.close()

    def _add(self, found: FoundFile) -> Known:
        """A file that is tracked from here on, of which nothing is read yet."""
        file = TrackedFile(found.path, *found.identity, join=self._join)
        key = str(self._next_key)
        self._next_key += 1
        self._files[key] = file
        return key, file

    def _begin(self, found: FoundFile, reader: Reader, original: Known | None = None) -> TrackedFile:
        key, file = self._add(found)
        file.due = True
        if original is not None:
            former, copied = original
            file.inherit(copied)
            copied.close()
            if former and not copied.was_read_to_its_end:  # else it may still be there
                del self._files[former]
                self.changed[former] = None
                copied.orphaned = True
                self._successors.append((key, file))
        self.open_files.hold(file, reader)
        file.fed_at = self._clock()
        if file.head.length:
            self.changed[key] = file.position()
        return file

    def _pass_over_part(self, found: FoundFile, reader: Reader, known: Sequence[TrackedFile]) -> bool:
        """Whether a file is a copy of a part of one that was read, and so was read with it."""
        part = self._copies.part_of(found, reader, known)
        if part is None:
            return False
        original, length = part
        key, file = self._add(found)
        try:
            with self._thread.touching(found.path):
                file.end_as_part_of(original, reader, length)
        except OSError:
            file.due = True
        self.changed[key] = file.position()
        return True

    def _find_copy(self, key: str, file: TrackedFile) -> bool:
        """Go on with a file's copy, if there is one."""
        tracked: dict[Identity, list[TrackedFile]] = defaultdict(list)
        for other in self._files.values():
            tracked[other.identity].append(other)
        for found in neighbours(file.path, self._thread.touching):
            try:
                with self._thread.touching(found.path, found.identity[0]):
                    reader = self.open_files.reader(found.path)
                    # An inode tells little: that of a deleted file is soon another's.
                    is_tracked = any(_still_is(other, reader) for other in tracked[found.identity])
            except OSError:
                continue
            if is_tracked:
                reader.close()
                continue
            if self._copies.is_copy(found, reader, file):
                self._begin(found, reader, (key, file))
                return True
            self._pass_over_part(found, reader, [file])
            reader.close()
        return False

    def _forget(self, matches: Mapping[Identity, FoundFile]) -> None:
        """Keep every file that a scan would meet again, and of the others the last that were finished."""
        gone = [key for key, file in self._files.items() if file.finished and file.identity not in matches]
        for key in gone[:-_MEMORY]:
            # A pattern that can't be looked through just now matches nothing.
            found = regular_file(self._files[key].location, self._thread.touching)
            if found is None or found.identity != self._files[key].identity:
                del self._files[key]
                self.changed[key] = None


def _still_is(file: TrackedFile, reader: Reader) -> bool:
    """Whether `reader`, which has the inode of `file`, reads that file."""
    return file.begins(reader) if file.head.length else not file.finished


def _furthest(files: Iterable[TrackedFile], reader: Reader) -> TrackedFile | None:
    """Of what is known of one inode, that which was read the furthest of what `reader` holds; the rest was another file's."""
    return max((file for file in files if file.begins(reader)), key=lambda file: file.buffer.offset, default=None)
