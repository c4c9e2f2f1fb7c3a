"""A folder whose files are in memory, for a server from which no test takes the power.

Each test's database is made of some hundred files and deleted after it. ext4 looks at all that was deleted within the last seconds
before it makes a file, so that on a disk the files of the next database take up to forty times as long.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil

_MEMORY: Final = Path("/dev/shm")
_PREFIX: Final = "logmesh-tests-"
_ROOM: Final = 4 << 30
"""Bytes that must be free: a server takes some hundred megabytes, and several test processes ask at about the same time."""


@contextlib.contextmanager
def folder_in_memory(otherwise: Path) -> Iterator[Path]:
    """A new folder, which is gone at the end; `otherwise` where memory has no room for it."""
    if not _has_room():
        yield otherwise
        return
    _delete_leftovers()
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=_MEMORY))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _has_room() -> bool:
    if not _MEMORY.is_dir() or not os.access(_MEMORY, os.W_OK):
        return False
    return bool(min(shutil.disk_usage(_MEMORY).free, psutil.virtual_memory().available) >= _ROOM)


def _delete_leftovers() -> None:
    """Of test processes that were killed."""
    for folder in _MEMORY.glob(f"{_PREFIX}*"):
        owner = folder.name.removeprefix(_PREFIX).split("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)
