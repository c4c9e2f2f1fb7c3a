"""Logs of many containers, rotated every second, read by an agent that is killed again and again: no line may be lost or stored twice.

    python -m tests.faults.torture --writers 50 --lines 1000000 --kills 10
    python -m tests.faults.torture --writers 50 --lines 1000000 --kills 10 --rotation copytruncate

A rotation by copy and truncation destroys what is written between the two by itself. What of it no file has any more is counted apart
from what the agent lost, which is none.
"""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

import asyncpg
import numpy as np
from tests.faults.cluster import Cluster
from tests.faults.container_writers import Container, Rotation, line_of, numbers_in

AGENT = "log-producer"
STORED_SECONDS = 300.0
_QUIET_SECONDS = 8.0
"""For how long nothing more is stored once all is. A piece of a line waits 5 s for the next."""

_STORED = "SELECT count(*) AS n FROM logmesh.logs WHERE left(body, 5) = 'line '"
_BY_LINE = """
SELECT array_agg(number) AS numbers, array_agg(heads) AS heads, array_agg(size) AS sizes, array_agg(records) AS records FROM (
  SELECT CASE WHEN left(body, 1) = '[' THEN substr(body, 2, 9) ELSE substr(body, 6, 9) END::int AS number,
         (count(*) FILTER (WHERE left(body, 5) = 'line '))::int AS heads, sum(length(body))::int AS size, count(*)::int AS records
  FROM logmesh.logs GROUP BY 1) lines
"""


@dataclass
class Result:
    """What became of the lines."""

    written: int
    kills: int
    rotations: int
    seconds: float
    destroyed: list[int] = field(default_factory=list)
    """Lines that a rotation destroyed before anybody read them: no file has them, and they are not stored."""
    saved: int = 0
    """Lines that a rotation destroyed, and that had been read by then."""
    lost: list[int] = field(default_factory=list)
    """Lines that a file has, and that are not stored."""
    twice: list[int] = field(default_factory=list)
    """Lines that are stored more than once, or in part."""
    damaged: list[int] = field(default_factory=list)
    """Lines of which not all bytes are stored, or some twice."""
    apart: int = 0
    """Long lines that are several records, since a rotation came between their pieces."""

    @property
    def is_exact(self) -> bool:
        """Whether the agent lost nothing, and stored nothing twice."""
        return not self.lost and not self.twice and not self.damaged

    def __str__(self) -> str:
        return (
            f"{self.written:,} lines in {self.seconds:.0f} s, {self.rotations:,} rotations, agent killed {self.kills} times:"
            f" lost {len(self.lost)} {self.lost[:5]} · stored twice {len(self.twice)} {self.twice[:5]}"
            f" · damaged {len(self.damaged)} {self.damaged[:5]} · in several records {self.apart}"
            f" · destroyed by rotation {len(self.destroyed)}, and {self.saved} more that were read before"
        )


class Torture:
    """Writers, a rotator and an agent on a real cluster below `folder`."""

    def __init__(self, folder: Path, writers: int, lines: int, rate: float, rotation: Rotation, keep: int = 20) -> None:
        self.root, self.archive = folder / "pods", folder / "archive"
        self.cluster = Cluster(folder, processors=1)
        self.cluster.environment[AGENT] = {
            "LOGMESH_FILES": f"{self.root}/*/*/*.log*",
            "LOGMESH_SERVICE": "",
            "LOGMESH_BATCH_RECORDS": "2000",
            "LOGMESH_BATCH_SECONDS": "0.2",
        }
        each = lines // writers
        self.lines, self.rotation = each * writers, rotation
        self.containers = [
            Container(self.root, self.archive, index, index * each, each, rate / writers, keep)
            for index in range(writers)
        ]
        self.rotations = 0

    async def run(self, kills: int, rotate_seconds: float, kill_seconds: float, seed: int = 1) -> Result:
        """Write everything, rotate meanwhile, and kill the agent so often; say what is stored in the end."""
        choice = random.Random(seed)
        began = time.monotonic()
        for container in self.containers:
            container.start()
        self.cluster.start()
        killed, kill_at = 0, began + kill_seconds
        try:
            while killed < kills or any(container.writes for container in self.containers):
                await asyncio.sleep(rotate_seconds)
                for container in self.containers:
                    await asyncio.to_thread(container.rotate, self.rotation)
                    self.rotations += 1
                if killed < kills and time.monotonic() >= kill_at:
                    self.cluster.kill(AGENT)
                    # As a kubelet, which starts it again soon or less soon.
                    await asyncio.sleep(choice.uniform(0, 2 * rotate_seconds))
                    self.cluster.start_producer(AGENT)
                    killed, kill_at = killed + 1, time.monotonic() + kill_seconds
        finally:
            for container in self.containers:
                container.stop()
        written = time.monotonic() - began
        result = Result(self.lines, killed, self.rotations, written)
        there = await asyncio.to_thread(lambda: numbers_in(self.root) | numbers_in(self.archive))
        await self._until_quiet(len(there))
        await self._account(result, there)
        return result

    async def _until_quiet(self, at_least: int) -> None:
        """Wait until so many lines are stored, or can't be any more, and nothing has been for a while."""
        ends, stored, since = time.monotonic() + STORED_SECONDS, -1, time.monotonic()
        while time.monotonic() < ends:
            now = await self._stored()
            if now != stored:
                stored, since = now, time.monotonic()
            elif stored >= at_least and time.monotonic() - since > _QUIET_SECONDS:
                return
            await asyncio.sleep(0.5)

    async def _stored(self) -> int:
        try:
            return int((await self.cluster.query(_STORED))[0]["n"])
        except asyncpg.UndefinedTableError:  # the processor has not come so far yet
            return 0

    async def _account(self, result: Result, in_files: set[int]) -> None:
        (row,) = await self.cluster.query(_BY_LINE)
        numbers = np.array(row["numbers"] or [], dtype=np.int64)
        heads, sizes, records = (np.zeros(self.lines, dtype=np.int64) for _ in range(3))
        for column, name in ((heads, "heads"), (sizes, "sizes"), (records, "records")):
            column[numbers] = row[name] or []
        there = np.zeros(self.lines, dtype=bool)
        there[list(in_files)] = True
        stored = heads > 0
        right = np.array([len(line_of(number)) for number in range(self.lines)])
        result.lost = np.flatnonzero(there & ~stored).tolist()
        result.destroyed = np.flatnonzero(~there & ~stored).tolist()
        result.saved = int((~there & stored).sum())
        result.twice = np.flatnonzero(heads > 1).tolist()
        result.damaged = np.flatnonzero((heads == 1) & (sizes != right)).tolist()
        result.apart = int(((heads == 1) & (records > 1)).sum())


def main() -> int:
    """Run it; 0 when the agent lost nothing and stored nothing twice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--writers", type=int, default=50, help="containers (default 50)")
    parser.add_argument("--lines", type=int, default=1_000_000, help="of all of them (default 1,000,000)")
    parser.add_argument("--rate", type=float, default=10_000, help="lines a second, of all of them (default 10,000)")
    parser.add_argument("--kills", type=int, default=10, help="how often the agent is killed (default 10)")
    parser.add_argument("--rotate", type=float, default=1.0, metavar="SECONDS", help="between rotations (default 1)")
    parser.add_argument("--rotation", choices=get_args(Rotation), default="rename", help="how (default rename)")
    parser.add_argument("--keep", type=int, default=20, help="rotated files of each container that stay (default 20)")
    parser.add_argument(
        "--seed", type=int, default=1, help="of the pauses before the agent is started again (default 1)"
    )
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="logmesh-torture-"))
    print(f"logs of all processes: {folder}", flush=True)
    torture = Torture(folder, options.writers, options.lines, options.rate, options.rotation, options.keep)
    passed = False
    try:
        kill_seconds = options.lines / options.rate / (options.kills + 1)
        result = asyncio.run(torture.run(options.kills, options.rotate, kill_seconds, options.seed))
        print(f"{options.rotation}: {result}")
        passed = result.is_exact
    finally:
        torture.cluster.stop()
        if passed:
            shutil.rmtree(folder)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
