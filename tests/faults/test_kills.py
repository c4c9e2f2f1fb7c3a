"""What was read is stored exactly once, whoever is killed."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.cluster import Cluster, shuffled_faults

TIMES = 20


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path)
    yield cluster
    cluster.stop()


@pytest.mark.timeout(600)
async def test_kills_of_processor_producer_and_postgresql_lose_and_repeat_nothing(cluster: Cluster) -> None:
    cluster.start()
    cluster.write_lines(1_000)
    began = time.monotonic()
    await cluster.wait_until_stored(90)
    moment = (time.monotonic() - began) / 4
    choice = random.Random(7)
    for at, fault in enumerate(shuffled_faults(["processor", "producer", "postgres"], TIMES, seed=7)):
        cluster.write_lines(3_000)
        # A fault comes at any moment, also while the last one is being overcome. A machine that starts processes slowly has longer
        # moments: else none would ever be up, and the kills would meet nothing at work.
        time.sleep(choice.uniform(0, moment))
        if fault == "processor":
            name = cluster.names[at % cluster.processors]
            cluster.kill(name)
            cluster.start_processor(name)
        elif fault == "producer":
            cluster.kill("log-producer")
            cluster.start_producer()
        else:
            cluster.kill_postgres()
        cluster.write_lines(1_000)
    await cluster.wait_until_stored(300)

    (row,) = await cluster.query(
        "SELECT count(*) AS rows, count(DISTINCT (spool, position)) AS ids, count(DISTINCT body) AS bodies FROM logmesh.logs"
    )
    assert (row["rows"], row["ids"], row["bodies"]) == (cluster.lines, cluster.lines, cluster.lines)
    (ledger,) = await cluster.query(
        "SELECT sum(stored) AS stored, sum(dead_letters) AS dead_letters, sum(rewound + forked) AS diverged FROM logmesh.spools"
    )
    assert tuple(ledger) == (cluster.lines, 0, 0)
    assert await cluster.holes() == []
    print(f"{3 * TIMES} kills within moments of {moment:.2f} s, {cluster.lines} records, 0 lost, 0 duplicated")
