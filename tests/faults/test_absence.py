"""The database is away for many times the life of a stream: what comes meanwhile is durable at once, and stored once it is back."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.cluster import Cluster
from tests.waiting import until_true

ROTATE = {"LOGMESH_ROTATE_SECONDS": "[0.5, 1]"}
STORED_SECONDS = 60


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path, producers=3)
    cluster.environment.update(dict.fromkeys(cluster.producer_names, ROTATE))
    yield cluster
    cluster.stop()


@pytest.mark.timeout(300)
async def test_lines_are_logged_beyond_rotations_and_restarts_and_stored_exactly_once(cluster: Cluster) -> None:
    cluster.start()
    for _ in cluster.producer_names:
        cluster.write_lines(200)
    await cluster.wait_until_stored(STORED_SECONDS)
    cluster.postgres.stop("immediate")

    async def more() -> None:
        """A few lines of each producer, which all come to be in a write-ahead log."""
        written = []
        for _ in cluster.producer_names:
            cluster.write_lines(50)
            written.append(f"line {cluster.lines - 1:08d} ")
        await until_true(lambda: all(is_logged(cluster, line) for line in written))

    for rotations in range(1, 4):
        await until_opened(cluster, 2 * rotations)
        await more()
    # A producer begins anew, and so does a processor: neither remembers anything.
    cluster.kill("log-producer")
    cluster.kill("log-processor-0")
    cluster.start_processor("log-processor-0")
    cluster.start_producer("log-producer")
    await until_true(lambda: "opened_provisionally" in since_start(cluster, "log-processor-0"))
    await more()
    # Then one is gone for good with all that it had: what it was told of as logged is in the logs.
    cluster.kill("log-producer-2")
    shutil.rmtree(cluster.folder / "spool-2")
    cluster.postgres.start()
    await cluster.wait_until_stored(STORED_SECONDS)
    await until_true(lambda: all(asked(cluster, name) for name in cluster.producer_names[:2]))
    (row,) = await cluster.query(
        "SELECT count(*) AS rows, count(DISTINCT (spool, position)) AS ids, count(DISTINCT body) AS bodies FROM logmesh.logs"
    )
    assert (row["rows"], row["ids"], row["bodies"]) == (cluster.lines, cluster.lines, cluster.lines)


async def until_opened(cluster: Cluster, streams: int) -> None:
    """Wait until each producer has opened so many without the database."""
    await until_true(
        lambda: all(cluster.output(name).count("database_away") >= streams for name in cluster.producer_names)
    )


def asked(cluster: Cluster, name: str) -> bool:
    """Whether the ledger was asked for a producer's last stream."""
    return "database_away" not in cluster.output(name).rpartition("stream_open")[2]


def since_start(cluster: Cluster, name: str) -> str:
    return cluster.output(name).rpartition("processor is up")[2]


def is_logged(cluster: Cluster, line: str) -> bool:
    """Whether a line is in the write-ahead log of a processor."""
    logs = (path for name in cluster.names for path in (cluster.folder / name).glob("*.segment"))
    return any(line.encode() in path.read_bytes() for path in logs)
