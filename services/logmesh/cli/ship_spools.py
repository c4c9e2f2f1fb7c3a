"""Which spool a `logmesh ship` uses, and what the other spools of its service have read."""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from logmesh.client.delivering.checkpoint import Checkpoint
from logmesh.producer.sources import Position

STDIN = "-"
_MAX_AT_ONCE = 100
_NOTE = "ship.json"


def spools_of(folder: Path, service: str, files: Sequence[str]) -> Iterator[Path]:
    """Folders to try below `folder`: one for the same service and files, whatever way they are written. Pipes of one service
    may run at once, and each takes the first that is free."""
    paths = sorted(file if file == STDIN else os.path.realpath(file) for file in files)
    name = hashlib.sha256("\0".join([service, *paths]).encode()).hexdigest()[:16]
    yield folder / name
    if paths == [STDIN]:
        yield from (folder / f"{name}-{number}" for number in range(1, _MAX_AT_ONCE))


def share_with_owner(folder: Path) -> None:
    """Make the folder of all spools; where root does so, as with `sudo logmesh ship --docker`, it is given to the owner of the data
    folder, who may want to ship later on."""
    if folder.is_dir():
        return
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        owner = folder.parent.stat()
        os.chown(folder, owner.st_uid, owner.st_gid)


def note_service(spool: Path, service: str) -> None:
    """Let later runs know whose spool this is."""
    spool.mkdir(parents=True, exist_ok=True)
    (spool / _NOTE).write_text(json.dumps({"service": service}), "utf-8")


def read_elsewhere(folder: Path, service: str, spool: Path) -> list[Position]:
    """How far the other spools of the service came: a glob that the shell expanded names other files each time, and a file
    that was shipped with them is not to be shipped again."""
    positions: list[Position] = []
    for note in sorted(folder.glob(f"*/{_NOTE}")):
        try:
            if note.parent != spool and json.loads(note.read_text("utf-8"))["service"] == service:
                positions += Checkpoint.load(note.parent).positions.values()
        except (OSError, ValueError, KeyError):
            continue  # made by something else, or half made: then it has nothing to say
    return positions
