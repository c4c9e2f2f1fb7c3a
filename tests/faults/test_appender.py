"""An application with a spool that is killed again and again, and the processor with it: nothing twice, nothing lost that was held."""

import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.cluster import Cluster

TIMES = 8
# Says `flushed N` when N records are committed, and goes on until it is killed.
APPLICATION = """
import sys
from pathlib import Path
from logmesh import Appender

target, spool, run = sys.argv[1:]
with Appender(target, service="app", spool=Path(spool)) as appender:
    number = 0
    while True:
        for _ in range(500):
            appender.append(f"{run} {number:08d}")
            number += 1
        if number % 2_000 == 0:
            appender.flush(60)
            print("flushed", number, flush=True)
"""
LAST = """
import sys
from pathlib import Path
from logmesh import Appender

with Appender(sys.argv[1], service="app", spool=Path(sys.argv[2])) as appender:
    appender.flush(60)
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path, processors=1)
    yield cluster
    cluster.stop()


@pytest.mark.timeout(300)
async def test_a_killed_application_has_its_spool_stored_once(cluster: Cluster, tmp_path: Path) -> None:
    (processor,) = cluster.names
    cluster.start_processor(processor)
    arguments = [f"{cluster.address(processor)}:{cluster.direct_port}", str(tmp_path / "spool-of-app")]
    choice = random.Random(3)
    flushed: dict[str, int] = {}
    for run in range(TIMES):
        application = subprocess.Popen(
            [sys.executable, "-c", APPLICATION, *arguments, str(run)], stdout=subprocess.PIPE, text=True
        )
        assert application.stdout is not None
        said = application.stdout.readline()
        time.sleep(choice.uniform(0, 0.3))  # the kills come at any moment
        if run % 2:
            cluster.kill(processor)
            cluster.start_processor(processor)
            said += application.stdout.readline()
            time.sleep(choice.uniform(0, 0.3))
        application.kill()
        said += application.stdout.read()
        application.wait()
        flushed[str(run)] = max(int(line.split()[1]) for line in said.splitlines())
    subprocess.run([sys.executable, "-c", LAST, *arguments], check=True, timeout=90)

    stored: dict[str, list[int]] = defaultdict(list)
    for row in await cluster.query("SELECT body FROM logmesh.logs"):
        run_name, number = row["body"].split()
        stored[run_name].append(int(number))
    assert min(flushed.values()) > 0
    for name, numbers in stored.items():
        # What was lost with the process is the end that no batch held yet; before it there is no hole, and no repeat.
        assert sorted(numbers) == list(range(len(numbers)))
        assert len(numbers) >= flushed[name]
    assert len(stored) == TIMES
    (ledger,) = await cluster.query(
        "SELECT sum(stored) AS stored, sum(dead_letters) AS dead_letters FROM logmesh.spools"
    )
    assert (ledger["stored"], ledger["dead_letters"]) == (sum(map(len, stored.values())), 0)
    print(f"{TIMES} kills of the application, {TIMES // 2} of its processor: {ledger['stored']} records, none twice")
