"""50 producers at full speed, a slow database, and a healthy producer beside them.

They are appenders of the Python library, each with a spool in memory and a stream of its own, some to a process: fifty processes
would be more than two cores hold beside what is measured.
"""

import asyncio
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from benchmarks.memory.fleet import Fleet, Wrong
from benchmarks.memory.slow import pause_in_each_flush
from benchmarks.memory.steady import Steady, percentile

_FULL = 0.7
_PROCESSES = 5
SETTINGS = {"LOGMESH_WAL_MAX_BYTES": str(128 << 20), "LOGMESH_WAL_SEGMENT_BYTES": str(8 << 20)}
"""So that it is full, and stays so for as long as is measured."""


async def run(fleet: Fleet, options: Any) -> list[str]:
    """Each appends as fast as it may; nice, for theirs would be other machines' cores."""
    await fleet.until("the processor is up", lambda state: state.ready)
    dsn = fleet.postgres.dsn("postgres", "logmesh", over_socket=True)
    warm = await Steady(fleet.target).run(2)
    await _slow(fleet, dsn, options)
    alone = await Steady(fleet.target).run(options.seconds)
    go = fleet.folder / "go"
    producers = [_start(fleet, options, at, go) for at in range(_PROCESSES)]
    await fleet.until("all streams are open", lambda state: state.streams >= options.producers, 600)
    go.touch()
    await fleet.until("they filled the log", lambda state: state.wal_fill > _FULL, 600)
    stored, began = await fleet.stored(), time.monotonic()
    beside = await Steady(fleet.target).run(options.seconds)
    a_second = (await fleet.stored() - stored) / (time.monotonic() - began)
    if all(not producer.is_alive() for producer in producers):
        raise Wrong("the producers were done before the healthy one was: more --records")
    filled = (await fleet.state()).wal_fill
    await _slow(fleet, dsn, None)
    codes = await asyncio.to_thread(_ended, producers, 900)
    if any(codes):
        raise Wrong(f"producers ended with {codes}")
    sent = options.producers * options.records + sum(each.records for each in (warm, alone, beside))
    said = [
        await fleet.account(sent),
        f"log {filled:.0%} full, {a_second:,.0f} records/s stored; the healthy one refused {beside.refused} times",
    ]
    for name, before, after in (
        ("LOGGED", alone.logged, beside.logged),
        ("COMMITTED", alone.committed, beside.committed),
    ):
        p50, p99, q50, q99 = (percentile(times, part) for times in (before, after) for part in (0.5, 0.99))
        verdict = "within" if q99 <= 2 * p99 else "NOT within"
        said.append(
            f"healthy, append → {name}: alone p50 {p50:.3f} p99 {p99:.3f} s, beside p50 {q50:.3f} p99 {q99:.3f} s:"
            f" {q99 / p99:.1f} times, {verdict} 2"
        )
    return said


async def _slow(fleet: Fleet, dsn: str, options: Any) -> None:
    """As the options say; None: as quick as it is."""
    fleet.line.rate = options.rate if options else 0
    await pause_in_each_flush(dsn, options.pause if options else 0)


def _start(fleet: Fleet, options: Any, number: int, go: Path) -> BaseProcess:
    of_process = range(number, options.producers, _PROCESSES)
    return fleet.start("appenders (largest process)", "benchmarks.memory.appending", {
        "TARGET": fleet.target, "APPENDERS": str(len(of_process)), "RECORDS": str(options.records),
        "GO": str(go),
    }, nice=15)  # fmt: skip


def _ended(producers: list[BaseProcess], seconds: float) -> list[int | None]:
    ends = time.monotonic() + seconds
    for producer in producers:
        producer.join(max(0.1, ends - time.monotonic()))
    return [producer.exitcode for producer in producers]
