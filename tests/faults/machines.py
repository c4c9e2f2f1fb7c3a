"""A producer's machine as a copy keeps it: the spool, and how far its file went and was read; and what a spool has set aside."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from logmesh.client.delivering.spool import Spool
from logmesh.v1.ingest_service_pb2 import AppendRequest
from logmesh.v1.record_pb2 import LogColumns


@dataclass(frozen=True, slots=True)
class Machine:
    """A producer's machine at one moment: its spool, how many lines its file had, and up to which of them its spool had read."""

    spool: Path
    lines: int
    read: int


def copy_folder(folder: Path, to: Path) -> None:
    """Put a copy in place of what is there; segments are mostly empty."""
    shutil.rmtree(to, ignore_errors=True)
    subprocess.run(["cp", "-a", "--sparse=always", folder, to], check=True)


def bytes_read(folder: Path, log: Path) -> int:
    """How much of a file a spool has read. Opening it would begin a lane, so it is asked of a copy."""
    with tempfile.TemporaryDirectory() as scratch:
        copy_folder(folder, Path(scratch) / "spool")
        spool = Spool(Path(scratch) / "spool", max_bytes=1 << 30, retain_seconds=0)
        offsets = [position["offset"] for position in spool.positions.values() if position["path"] == str(log)]
        spool.close()
    return int(max(offsets, default=0))


def bodies_set_aside(folder: Path) -> Iterator[bytes]:
    """The records of all batches that a spool has set aside and named, since they may be others than the ledger's."""
    for path in (folder / "refused").glob("*.batch"):
        batch = AppendRequest.FromString(path.read_bytes()).batch
        yield from LogColumns.FromString(batch.columns).bodies
