"""Where files lie: by the database's incarnation and the file's number alone.

A number that was given out then says where a file may lie, whoever wrote it; one folder is synchronised for a flush of many
tenants; and a database that was restored from a dump, cloned, or promoted writes into a folder of its own. A copy of its disk does not,
and needs a copy of the lake: beside the first one, each would take the other's files for what nobody knows.
"""

import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_FILES_A_FOLDER: Final = 1_000
_durable: Final[set[Path]] = set()
"""Folders whose names this process has had survive."""


def path_of(root: Path, incarnation: str, file: int) -> Path:
    """The path of a file."""
    return root / incarnation / str(file // _FILES_A_FOLDER) / f"{file}.parquet"


def make_folder(folder: Path) -> None:
    """Make a folder of files that survives a loss of power, and those that it lies in. Raises OSError."""
    _make(folder, 3)


def _make(folder: Path, levels: int) -> None:
    """So many of a path's last folders are the lake's own."""
    if folder in _durable and folder.is_dir():
        return
    if levels > 1 or not folder.parent.is_dir():
        _make(folder.parent, levels - 1)
    try:
        folder.mkdir(exist_ok=True)
    except FileExistsError as error:  # which says elsewhere that a number has a file
        raise NotADirectoryError(f"{folder} is no folder") from error
    # Also where it was there: who made it may have died before this.
    sync_folder(folder.parent)
    _durable.add(folder)


def sync_folder(folder: Path) -> None:
    """Have what the folder names survive a loss of power. Raises OSError."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def unlink_all(paths: Iterable[Path], *, since: float = -math.inf, until: float = math.inf) -> int:
    """Delete those files that are there and were written last in this span, in seconds since 1970; return how many were. Raises
    OSError."""
    deleted = 0
    for path in paths:
        try:
            if since <= path.stat().st_mtime <= until:
                path.unlink()
                deleted += 1
        except FileNotFoundError:
            continue
    return deleted
