"""All that keeps the lake in order, once: seal, retire what retention has passed, merge, sweep. A step that fails leaves the others
alone.

One session does it at a time. Whoever calls this again and again needs no more than an owner's session and the folder.
"""

import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import asyncpg
import pyarrow as pa

from logmesh.lake.tending.merge import DiskFailed, MergeRefused, merge
from logmesh.lake.tending.merging import Damaged
from logmesh.lake.tending.passed_over import FIRST_SECONDS, PassedOver
from logmesh.lake.tending.seal import Sealed, SealRefused, seal
from logmesh.lake.tending.sweep import Swept, sweep
from logmesh.lake.writing.filing import NoNumberLeft
from logmesh.storage.failures import describe
from logmesh.storage.postgres import LIMIT_LOCKS
from logmesh.storage.sql import load

MERGES: Final = 64
"""At most so many at once, so that the other steps have their turn."""
_LEADER: Final = "SELECT pg_try_advisory_lock(hashtextextended('logmesh.tend', 0))"


@dataclass(slots=True)
class Tended:
    """What was done: sealed, swept, how many merges, files that retention has passed; what has to wait, with its reason; and files
    that are damaged, with what is wrong with them."""

    sealed: Sealed = field(default_factory=Sealed)
    swept: Swept = field(default_factory=Swept)
    merged: int = 0
    retired: int = 0
    postponed: list[str] = field(default_factory=list)
    damaged: dict[int, str] = field(default_factory=dict)


async def tend(
    connection: "asyncpg.Connection",
    root: Path,
    owner: str,
    *,
    retention_days: int,
    passed_over: PassedOver | None = None,
    sweeps: bool = True,
) -> Tended | None:
    """Do all of it, or nothing (None) when another session is at it. `connection` is an owner's and in no transaction; closing it lets
    another one lead. Files whose records, and their receipt, are older than `retention_days` make room. Files that are `passed_over`
    are not merged, and those whose merge fails join them. `sweeps`: whether to sweep, too, which reads all names on the disk."""
    await connection.execute(LIMIT_LOCKS)
    if not await connection.fetchval(_LEADER):
        return None
    done = Tended()
    await _step(done, "sealing", _seal(connection, root, owner, done))
    await _step(done, "retiring", _retire(connection, retention_days, done))
    await _step(done, "merging", _merge(connection, root, owner, passed_over or PassedOver(), done))
    if sweeps:
        await _step(done, "sweeping", _sweep(connection, root, done))
    return done


async def _step(done: Tended, what: str, step: Awaitable[None]) -> None:
    try:
        await step
    except (SealRefused, OSError) as error:
        done.postponed.append(f"{what}: {error}")
    except (pa.ArrowException, MemoryError) as error:
        done.postponed.append(f"{what}: {type(error).__name__}: {error}")
    except NoNumberLeft:  # of a database that was put back: others follow
        done.postponed.append(f"{what}: all numbers that were given out have files")
    except asyncpg.PostgresError as error:
        done.postponed.append(f"{what}: {describe(error)}")


async def _seal(connection: "asyncpg.Connection", root: Path, owner: str, done: Tended) -> None:
    done.sealed = await seal(connection, root, owner)


async def _sweep(connection: "asyncpg.Connection", root: Path, done: Tended) -> None:
    done.swept = await sweep(connection, root)
    done.postponed += [f"sweeping: {foreign}" for foreign in done.swept.foreign]


async def _retire(connection: "asyncpg.Connection", retention_days: int, done: Tended) -> None:
    done.retired = len(await connection.fetch(load("retire_files"), retention_days))


async def _merge(
    connection: "asyncpg.Connection", root: Path, owner: str, passed_over: PassedOver, done: Tended
) -> None:
    for _ in range(MERGES):
        now = time.monotonic()
        try:
            merged = await merge(connection, root, owner, without=passed_over.files(now))
        except Damaged as error:  # its neighbours need not wait for it
            passed_over.add([error.file], now)
            done.damaged[error.file] = error.fault
            done.postponed.append(f"merging: {error}")
        except MergeRefused as error:
            passed_over.add(error.files, now)
            done.postponed.append(f"merging: {error}")
        except DiskFailed as error:
            # It would fail the next ones, too. These may be larger than its room, so others come first in the next round.
            passed_over.add(error.files, now, FIRST_SECONDS)
            done.postponed.append(f"merging: {error}")
            return
        else:
            if merged is None:
                return
            done.merged += 1
