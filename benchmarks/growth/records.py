"""A month of one tenant's records, asked again whenever it has become larger."""

import sys
import time
from dataclasses import dataclass, field

from benchmarks.growth.asked import Asking
from benchmarks.growth.grown import Grown, Sent
from benchmarks.varied import Varied
from logmesh.storage.ledger import SpoolKey
from logmesh.store.time_range import TimeRange

_BATCH, _FLUSH = 1_000, 10
_DAY_NANO = 86_400 * 10**9
_DAYS = 30
_TENANT = "default"
_REPEATS = 10


@dataclass
class _Cost:
    """CPU microseconds a record since the last look."""

    flush: float = 0.0
    tend: float = 0.0
    rows: dict[str, list[str]] = field(default_factory=dict)


async def run(lake: Grown, sizes: list[int]) -> None:
    """Print a column for each of `sizes`, which grow; the last one makes the month full."""
    start, varied, key = (
        time.time_ns() - _DAYS * _DAY_NANO,
        Varied(_BATCH),
        SpoolKey(_TENANT, "5d7f7a39-2a0b-4a52-8c9c-0f5b7b1f3f11"),
    )
    cost, seq, trace = _Cost(), 0, b""
    spacing = _DAYS * _DAY_NANO // (sizes[-1] // _BATCH)  # between the starts of two batches
    for size, before in zip(sizes, [0, *sizes], strict=False):
        cost.flush = cost.tend = 0.0
        while seq * _BATCH < size:
            group = [varied.next(start + (seq + at) * spacing) for at in range(_FLUSH)]
            cost.flush += await lake.flush([Sent(key, seq + at + 1, columns) for at, columns in enumerate(group)])
            seq += _FLUSH
            if seq % (16 * _FLUSH) == 0:
                cost.tend += (await lake.tend())[1]
                print(f"  {seq * _BATCH:,} of {sizes[-1]:,} records", file=sys.stderr)
        cost.tend += await lake.settle()
        trace = trace or next(
            one for one in (group[0].trace_ids[at : at + 16] for at in range(0, 16_000, 16)) if any(one)
        )
        await _look(lake, cost, TimeRange(start, start + seq * spacing + _DAY_NANO // 24), size - before, trace)
    for name, values in cost.rows.items():
        print(f"{name:<48}" + "".join(f"{value:>14}" for value in values))


async def _look(lake: Grown, cost: _Cost, whole: TimeRange, added: int, trace: bytes) -> None:
    day = TimeRange(whole.end_unix_nano - _DAY_NANO, whole.end_unix_nano)
    asking, catalog = Asking(lake, _TENANT, _REPEATS), await lake.catalog()
    figures = {
        "records": f"{catalog['rows']:,}",
        "files": f"{catalog['files']:,}",
        "bytes a record, catalog included": f"{(catalog['bytes'] + catalog['catalog']) / catalog['rows']:.1f}",
        "a flush, CPU µs a record": f"{cost.flush / added * 1e6:.2f}",
        "tending, CPU µs a record": f"{cost.tend / added * 1e6:.2f}",
    }
    phrase = 'body:"timeout"'
    questions = {
        "last 100": lambda: asking.search("", whole),
        "last 100 of a service's warnings": lambda: asking.search('service = "service-07" severity >= WARNING', whole),
        "trace by id, anywhere": lambda: asking.trace(trace, whole),
        "newest 100 of what is nowhere, in the month": lambda: asking.search('"quokka7731"', whole),
        "count of a word, in the last day": lambda: asking.count(phrase, day),
        "count of a word, in the month": lambda: asking.count(phrase, whole),
        "histogram by level, last day, 15 min": lambda: asking.count("", day, 96),
        "histogram by level, month, 12 h": lambda: asking.count("", whole, 62),
        "top 10 of an attribute, in the last day": lambda: asking.top("attributes.route", day),
    }
    for name, ask in questions.items():
        answer, milliseconds = await asking.cost(ask)
        figures[f"{name}, CPU ms"] = f"{milliseconds:.1f}"
        print(f"  {name}: {milliseconds:.1f} ms, {answer:,}", file=sys.stderr)
    for name, value in figures.items():
        cost.rows.setdefault(name, []).append(value)
