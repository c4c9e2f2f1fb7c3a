"""Finds files: by pattern, and next to where they were before rotation renamed, copied or compressed them."""

import glob
import stat
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from logmesh.producer.sources.fingerprint import may_be_rotation_of

Identity = tuple[int, int]
"""Device and inode."""

Touching = Callable[[Path], AbstractContextManager[bool]]
"""Surrounds what may never return, such as a look at a file of a server that has gone. Gives False for a place that is not
to be looked at now."""


class FoundFile(NamedTuple):
    """A regular file as it was found."""

    path: Path
    identity: Identity
    mtime_ns: int
    size: int


def matching_files(patterns: Sequence[str], touching: Touching) -> dict[Identity, FoundFile]:
    """The regular files that any pattern matches, each once, those changed longest ago first."""
    names: set[str] = set()
    for pattern in patterns:
        with touching(Path(pattern)) as allowed:
            if allowed:
                names.update(glob.glob(pattern, recursive=True))  # noqa: PTH207 - absolute too
    found = [file for name in sorted(names) if (file := regular_file(Path(name), touching))]
    return {file.identity: file for file in sorted(found, key=lambda file: file.mtime_ns)}


def neighbours(path: Path, touching: Touching) -> list[FoundFile]:
    """The files that rotation may have made of the one at `path`, those changed last first."""
    names: list[Path] = []
    with touching(path.parent) as allowed:
        if allowed:
            try:
                names = sorted(path.parent.iterdir())
            except OSError:
                return []
    found = [file for name in names if may_be_rotation_of(name, path) and (file := regular_file(name, touching))]
    return sorted(found, key=lambda file: file.mtime_ns, reverse=True)


def rotated_file(path: Path, identity: Identity, touching: Touching) -> FoundFile | None:
    """The file of this identity at `path` or next to it, under whichever name."""
    here = regular_file(path, touching)
    if here is not None and here.identity == identity:
        return here
    return next((file for file in neighbours(path, touching) if file.identity == identity), None)


def regular_file(path: Path, touching: Touching) -> FoundFile | None:
    """The file at `path`; None where there is none, or something else."""
    with touching(path) as allowed:
        if not allowed:
            return None
        try:
            info = path.stat()
        except OSError:
            return None
    if not stat.S_ISREG(info.st_mode):
        return None
    return FoundFile(path, (info.st_dev, info.st_ino), info.st_mtime_ns, info.st_size)
