"""Finds files: by pattern, and next to where they were before rotation renamed, copied or compressed them."""

import glob
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from logmesh.producer.sources.fingerprint import may_be_rotation_of

Identity = tuple[int, int]
"""Device and inode."""


class FoundFile(NamedTuple):
    """A regular file as it was found."""

    path: Path
    identity: Identity
    mtime_ns: int


def matching_files(patterns: Sequence[str]) -> dict[Identity, FoundFile]:
    """The regular files that any pattern matches, each once, those changed longest ago first."""
    names = {name for pattern in patterns for name in glob.glob(pattern, recursive=True)}  # noqa: PTH207 - absolute too
    found = [file for name in sorted(names) if (file := _regular(Path(name)))]
    return {file.identity: file for file in sorted(found, key=lambda file: file.mtime_ns)}


def neighbours(path: Path) -> list[FoundFile]:
    """The files that rotation may have made of the one at `path`, those changed last first."""
    try:
        names = sorted(path.parent.iterdir())
    except OSError:
        return []
    found = [file for name in names if may_be_rotation_of(name, path) and (file := _regular(name))]
    return sorted(found, key=lambda file: file.mtime_ns, reverse=True)


def rotated_file(path: Path, identity: Identity) -> FoundFile | None:
    """The file of this identity at `path` or next to it, under whichever name."""
    here = _regular(path)
    return next((file for file in [here, *neighbours(path)] if file and file.identity == identity), None)


def _regular(path: Path) -> FoundFile | None:
    try:
        info = path.stat()
    except OSError:
        return None
    return FoundFile(path, (info.st_dev, info.st_ino), info.st_mtime_ns) if stat.S_ISREG(info.st_mode) else None
