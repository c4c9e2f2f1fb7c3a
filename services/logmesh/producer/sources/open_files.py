"""Keeps a bounded number of files open: where there are more, the least recently active are closed until their turn comes."""

import errno
import resource
from pathlib import Path
from typing import Final

from logmesh.producer.sources.reading import Reader, open_reader
from logmesh.producer.sources.tracked_file import TrackedFile

_MOST: Final = 256
_FEWEST: Final = 4
_OTHERS: Final = 32
"""Descriptors beyond half of the limit that are left for streams, the spool and looking around."""
_NO_DESCRIPTORS: Final = frozenset({errno.EMFILE, errno.ENFILE})


class OpenFiles:
    """Opens files, at most `limit` at a time; None takes what the process's own limit leaves."""

    def __init__(self, limit: int | None = None) -> None:
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._limit = limit or max(_FEWEST, min(_MOST, soft // 2 - _OTHERS))
        self._files: dict[TrackedFile, None] = {}  # the least recently active first

    def reader(self, path: Path) -> Reader:
        """An open reader. Raises OSError; where descriptors are scarce, only when closing others did not help."""
        try:
            return open_reader(path)
        except OSError as error:
            if error.errno not in _NO_DESCRIPTORS:
                raise
            self._limit = max(_FEWEST, self._limit // 2)
            self._make_room()
            return open_reader(path)

    def open(self, file: TrackedFile) -> None:
        """Open a file. Raises OSError, FileNotFoundError also when another one has its name by now."""
        reader = self.reader(file.location)
        if reader.identity() != file.identity:
            reader.close()
            raise FileNotFoundError(errno.ENOENT, "another file has its name", str(file.location))
        self.hold(file, reader)

    def hold(self, file: TrackedFile, reader: Reader) -> None:
        """Let a file have its open reader."""
        self._make_room()
        self._files[file] = None
        file.hold(reader)

    def active(self, file: TrackedFile) -> None:
        """Something was read of it just now."""
        if self._files.pop(file, self) is None:
            self._files[file] = None

    def _make_room(self) -> None:
        self._files = {file: None for file in self._files if file.reader is not None}
        while len(self._files) >= self._limit:
            # A deleted one could never be opened again.
            at_hand = [file for file in self._files if not file.is_deleted] or list(self._files)
            least = next((file for file in at_hand if file.is_read), at_hand[0])
            del self._files[least]
            least.close()
