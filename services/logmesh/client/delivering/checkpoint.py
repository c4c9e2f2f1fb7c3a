"""The small file beside a spool's segments, `spool.json`: what outlives the segments, which are deleted in time.

Everything in it also stands in the journal as long as a segment is left, so that a spool without the file loses nothing.
"""

import contextlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

NAME: Final = "spool.json"
_NEXT: Final = "spool.json.next"
_FORMER: Final = "spool.json.former"
_BLOCK_BYTES: Final = 4096


@dataclass(slots=True)
class Checkpoint:
    """`positions` of the source are as of the batch before `place`. The lane that took batches then had this id and offset."""

    spool_id: str = ""
    offset: int = 0
    place: int = 1
    positions: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> "Checkpoint":
        """Read the file of a spool's folder; an empty checkpoint where there is none. Raises ValueError for what is none."""
        for path in (folder / NAME, folder / _NEXT):  # a process may have ended between two renamings
            try:
                text = path.read_text("utf-8")
            except FileNotFoundError:
                continue
            try:
                fields = json.loads(text)
                if "next_seq" in fields:  # before lanes, when the folder had one id for life
                    return cls(fields["spool_id"], 0, fields["next_seq"], fields["positions"])
                return cls(**fields)
            except (KeyError, TypeError, ValueError) as error:
                raise ValueError(f"{path} is not a spool's checkpoint: {error}") from error
        return cls()

    def save(self, folder: Path) -> None:
        """Replace the file at once and durably, also on a disk without room: the file before lends its blocks to the next one."""
        path, next_path, former = folder / NAME, folder / _NEXT, folder / _FORMER
        fields = {
            "spool_id": self.spool_id,
            "offset": self.offset,
            "place": self.place,
            "positions": self.positions,
        }
        text = json.dumps(fields).encode()
        _write(next_path, text.ljust(-(-len(text) // _BLOCK_BYTES) * _BLOCK_BYTES))
        directory = os.open(folder, os.O_RDONLY)
        try:
            with contextlib.suppress(FileNotFoundError):
                path.replace(former)
            next_path.replace(path)
            os.fsync(directory)
            with contextlib.suppress(FileNotFoundError):
                former.replace(next_path)
        finally:
            os.close(directory)


def _write(path: Path, data: bytes) -> None:
    """Durably, into the blocks that the file has: it is not emptied first."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o644), "wb") as file:
        file.write(data)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
