"""``python -m tests.faults.senders --sender otel-grpc --records 100000``: a sender as people run it, whose receivers, processors and
database are killed again and again. Ends with 0 when each of its records is stored once, as it was sent.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.senders.cluster import ReceiverCluster
from tests.faults.senders.commands import SENDERS
from tests.faults.senders.faults import WEIGHTS
from tests.faults.senders.load import Load
from tests.faults.senders.trial import run_trial


def main() -> int:
    """Run one trial."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.senders", description=__doc__)
    parser.add_argument("--sender", choices=sorted(SENDERS), required=True)
    parser.add_argument("--records", type=int, default=5_000, help="how many (default 5,000)")
    parser.add_argument("--seconds", type=int, default=30, help="over which they are sent (default 30)")
    parser.add_argument("--seed", type=int, default=1, help="of the faults (default 1)")
    parser.add_argument(
        "--every", type=float, default=1.5, help="seconds from one fault to the next, about (default 1.5)"
    )
    parser.add_argument("--fault", choices=WEIGHTS, action="append", help="only this one and the first (default all)")
    options = parser.parse_args()
    weights = {name: weight for name, weight in WEIGHTS.items() if name in (options.fault or WEIGHTS)}
    folder = Path(tempfile.mkdtemp(prefix="logmesh-senders-"))
    print(f"logs of all processes: {folder}", flush=True)
    cluster = ReceiverCluster(folder)
    good = False
    try:
        load = Load(options.records, options.seconds, time.time_ns() // 1_000 * 1_000)
        trial = run_trial(
            cluster,
            SENDERS[options.sender],
            load,
            seed=options.seed,
            every_seconds=options.every,
            weights=weights,
        )
        account = asyncio.run(trial)
        print(f"{options.sender}: {account}")
        good = account.is_good
    finally:
        cluster.stop()
        if good:
            shutil.rmtree(folder)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
