"""The small file beside a spool's segments: who the spool is, and a checkpoint that outlives its segments."""

import json
import os
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class SpoolIdentity:
    """`next_seq` and `positions` are as of the last checkpoint: frames from `next_seq` on are newer."""

    spool_id: str
    epoch: int = 0
    next_seq: int = 1
    positions: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> "SpoolIdentity":
        """Read the file, or begin a new identity where there is none. Raises ValueError for a file that is no identity."""
        try:
            text = path.read_text("utf-8")
        except FileNotFoundError:
            return cls(str(uuid.uuid4()))
        try:
            return cls(**json.loads(text))
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{path} is not a spool's identity: {error}; move the folder away to begin a new spool"
            ) from error

    def save(self, path: Path) -> None:
        """Replace the file at once and durably."""
        temporary = path.with_suffix(".tmp")
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(asdict(self), file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
