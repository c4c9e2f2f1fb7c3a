"""A day in which many instances come and go, each with a spool of its own and a few records."""

import sys
import time
import uuid

from benchmarks.growth.asked import Asking
from benchmarks.growth.grown import Grown, Sent, of_one_instance
from benchmarks.varied import Varied
from logmesh.storage.ledger import SpoolKey
from logmesh.store.time_range import TimeRange

_RECORDS = 10
_BATCHES_A_FLUSH = 1_000
_DAY_NANO = 86_400 * 10**9
_TENANT = "default"


async def run(lake: Grown, instances: int) -> None:
    """Ten records each, one instance after the other."""
    varied, start = Varied(_RECORDS), time.time_ns() - _DAY_NANO
    flushed = tended = 0.0
    for first in range(0, instances, _BATCHES_A_FLUSH):
        group = [
            Sent(
                SpoolKey(_TENANT, str(uuid.uuid4())),
                1,
                of_one_instance(varied.next(start + at * _DAY_NANO // instances), f"pod-{at}"),
            )
            for at in range(first, min(first + _BATCHES_A_FLUSH, instances))
        ]
        flushed += await lake.flush(group)
        tended += (await lake.tend())[1]
        print(f"  {first + len(group):,} of {instances:,} instances", file=sys.stderr)
    records, catalog = instances * _RECORDS, await lake.catalog()
    asking, span = Asking(lake, _TENANT, 10), TimeRange(start, start + _DAY_NANO + 3600 * 10**9)
    print(f"{instances:,} instances in a day, {_RECORDS} records each, in a batch of their own: {records:,} records")
    print(f"  CPU µs a record: flush {flushed / records * 1e6:.1f}, tending {tended / records * 1e6:.1f}")
    print(
        f"  {catalog['files']} files, {catalog['bytes'] / catalog['rows']:.1f} bytes a record; CPU ms of questions:",
        end="",
    )
    for name, ask in {
        "an instance's records": lambda: asking.search(f'instance = "pod-{instances // 2}"', span),
        "top 10 of instances": lambda: asking.top("instance", span),
        "histogram": lambda: asking.count("", span),
    }.items():
        answer, milliseconds = await asking.cost(ask)
        print(f" {name} ({answer:,}) {milliseconds:.1f};", end="")
    print()
