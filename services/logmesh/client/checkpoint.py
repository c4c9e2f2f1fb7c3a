"""The small file beside a spool's segments, `spool.json`: what outlives the segments, which are deleted in time.

Everything in it also stands in the journal as long as a segment is left, so that a spool without the file loses nothing.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

NAME: Final = "spool.json"


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
        path = folder / NAME
        try:
            text = path.read_text("utf-8")
        except FileNotFoundError:
            return cls()
        try:
            fields = json.loads(text)
            if "next_seq" in fields:  # before lanes, when the folder had one id for life
                return cls(fields["spool_id"], 0, fields["next_seq"], fields["positions"])
            return cls(**fields)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} is not a spool's checkpoint: {error}") from error

    def save(self, folder: Path) -> None:
        """Replace the file at once and durably."""
        path = folder / NAME
        temporary = path.with_suffix(".tmp")
        fields = {
            "spool_id": self.spool_id,
            "offset": self.offset,
            "place": self.place,
            "positions": self.positions,
        }
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(fields, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        directory = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
