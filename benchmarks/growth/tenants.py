"""Many tenants of which each writes little: what becomes of their records, and what one of them pays for a question."""

import sys
import time
import uuid

from benchmarks.growth.asked import Asking
from benchmarks.growth.grown import Grown, Sent, of_one_instance
from benchmarks.varied import Varied
from logmesh.storage.ledger import SpoolKey
from logmesh.store.time_range import TimeRange

_FLUSHES_A_SECOND = 4
_ROUND_SECONDS = 5
_NANO = 10**9


async def run(lake: Grown, tenants: int, seconds: int) -> None:
    """A record a second of each, in flushes of a quarter of a second; a round of the keeper every five seconds."""
    keys = [SpoolKey(f"tenant-{at}", str(uuid.uuid4())) for at in range(tenants)]
    varied, start = Varied(1), time.time_ns() - seconds * _NANO
    flushed = tended = 0.0
    files = 0
    for second in range(seconds):
        for part in range(_FLUSHES_A_SECOND):
            at = start + second * _NANO + part * _NANO // _FLUSHES_A_SECOND
            mine = keys[part::_FLUSHES_A_SECOND]
            flushed += await lake.flush(
                [Sent(key, second + 1, of_one_instance(varied.next(at), key.tenant)) for key in mine]
            )
        if second % _ROUND_SECONDS == _ROUND_SECONDS - 1:
            done, spent = await lake.tend()
            tended, files = tended + spent, files + done.sealed.files
        if second % 60 == 59:
            print(f"  {second + 1} of {seconds} s", file=sys.stderr)
    records = tenants * seconds
    catalog = await lake.catalog()
    asking = Asking(lake, "tenant-7", 20)
    span = TimeRange(start, time.time_ns() + 3600 * _NANO)
    print(f"{tenants:,} tenants, a record a second each for {seconds} s: {records:,} records")
    print(f"  CPU µs a record: flush {flushed / records * 1e6:.1f}, tending {tended / records * 1e6:.1f}")
    print(f"  {files:,} files written of hot rows, {catalog['files']:,} live with {catalog['rows']:,} records", end="")
    print(
        f", {catalog['bytes'] / max(catalog['rows'], 1):.1f} bytes a record, {catalog['catalog'] / 1e6:.1f} MB of catalog"
    )
    print(f"  one tenant: {await lake.files_of('tenant-7')} files; CPU ms of its questions:", end="")
    for name, ask in {
        "last 100": lambda: asking.search("", span),
        "count of a word": lambda: asking.count('"timeout"', span),
        "histogram": lambda: asking.count("", span),
    }.items():
        answer, milliseconds = await asking.cost(ask)
        print(f" {name} ({answer:,}) {milliseconds:.1f};", end="")
    print()
