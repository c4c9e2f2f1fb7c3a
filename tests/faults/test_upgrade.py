"""Processors and then producers are replaced by this release under load, as docs/upgrade.md says: nothing is lost or stored twice."""

import asyncio
import itertools
import os
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from tests.faults.cluster import Cluster
from tests.integration.gateway.running import running_gateway
from tests.waiting import until, until_true

from logmesh.v1.query_service_pb2 import HistogramRequest, SearchRequest
from logmesh.v1.query_service_pb2_grpc import QueryServiceStub

ROOT = Path(__file__).parents[2]
BEFORE = "028e1be"
"""The commit to upgrade from: one id a spool for life, spools numbered by int4, migrations up to 13."""
_IN_BOTH = """
SELECT count(narrow_spool) > 0, count(spool) > 0, EXISTS (SELECT FROM logmesh.files WHERE rows > 0) FROM logmesh.logs"""
REFUSED = "this process is of a release that knows the schema to migration 13 and may write to it no more"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources of the release before, for PYTHONPATH."""
    folder = tmp_path_factory.mktemp("before")
    archive = subprocess.run(["git", "archive", BEFORE, "services/logmesh"], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        pytest.skip(f"an upgrade: a clone whose history has {BEFORE} (git fetch --unshallow)")
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
    return folder / "services"


@pytest.fixture
def cluster(tmp_path: Path, release: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path, producers=2)
    path = os.pathsep.join(filter(None, [str(release), os.environ.get("PYTHONPATH")]))
    for name in [*cluster.names, *cluster.producer_names]:
        cluster.environment[name] = {"PYTHONPATH": path}
    yield cluster
    cluster.stop()


@pytest.mark.timeout(300)
async def test_an_upgrade_under_load_loses_and_repeats_nothing(cluster: Cluster) -> None:
    cluster.start()
    cluster.write_lines(2_000)
    await cluster.wait_until_stored(60)
    done = threading.Event()
    writing = threading.Thread(target=_write, args=(cluster, done, 0.05))
    writing.start()
    try:
        first, last = cluster.names
        _replace(cluster, first)
        # The schema is another now. What the processor of before takes until it is replaced, too, waits in its log.
        await until_true(lambda: REFUSED in cluster.output(last))
        for name in [last, *cluster.producer_names]:
            _replace(cluster, name)
            await _until_stored(cluster, cluster.lines)
    finally:
        done.set()
        writing.join()
    await cluster.wait_until_stored(60)
    (row,) = await cluster.query(
        "SELECT count(*) AS rows, count(DISTINCT (coalesce(spool, narrow_spool), position)) AS ids, count(DISTINCT body) AS bodies,"
        " count(narrow_spool) > 0 AND count(spool) > 0 AS of_both FROM logmesh.logs"
    )
    assert tuple(row) == (cluster.lines, cluster.lines, cluster.lines, True)
    assert not await cluster.query("SELECT FROM logmesh.dead_letters")
    (ledger,) = await cluster.query(
        "SELECT count(*) FILTER (WHERE closed) AS of_before, count(*) FILTER (WHERE NOT closed) AS of_now,"
        " sum(stored) AS stored, sum(rewound + forked) AS diverged FROM logmesh.spools WHERE stored > 0"
    )
    assert tuple(ledger) == (2, 2, cluster.lines, 0)
    print(f"{cluster.lines} records, 0 lost, 0 duplicated")


@pytest.mark.timeout(600)
async def test_a_switch_to_the_lake_under_load_leaves_all_records_answered_once(cluster: Cluster) -> None:
    """From the release before, whose numbers are narrow, by a processor of this one that stores rows, to the lake, and back."""
    cluster.start()
    cluster.write_lines(2_000)
    await cluster.wait_until_stored(60)
    done = threading.Event()
    writing = threading.Thread(target=_write, args=(cluster, done, 0.2))
    writing.start()
    try:
        first, last = cluster.names
        _replace(cluster, first)
        await until_true(lambda: REFUSED in cluster.output(last))
        cluster.lake_folder.mkdir()
        async with running_gateway(
            cluster.postgres.dsn("logmesh_reader"), store="lake", lake_dir=cluster.lake_folder, search_seconds=25
        ) as gateway, grpc.aio.insecure_channel(gateway) as channel:  # fmt: skip
            queries = QueryServiceStub(channel)
            cluster.lake = True
            cluster.start_keeper()
            _replace(cluster, last)
            for name in cluster.producer_names:
                _replace(cluster, name)
            await _until_answered(queries, cluster.lines)
            _replace(cluster, first)
            await _until_answered(queries, cluster.lines)
            await _until_in_both(cluster)
            cluster.lake = False
            _replace(cluster, last)  # and back: such processors may run beside each other
            await _until_answered(queries, cluster.lines)
            done.set()
            writing.join()
            await _until_answered(queries, cluster.lines)
            bodies = await _bodies(queries)
            assert (len(bodies), set(bodies.values())) == (cluster.lines, {1})
            assert await _answered(queries) == cluster.lines
    finally:
        done.set()
        writing.join()
    (ledger,) = await cluster.query("SELECT sum(stored) AS stored, sum(dead_letters) AS dead FROM logmesh.spools")
    assert tuple(ledger) == (cluster.lines, 0)


async def _until_in_both(cluster: Cluster) -> None:
    """Wait until there are rows with numbers of either width, and files."""

    async def fact() -> bool:
        return all((await cluster.query(_IN_BOTH))[0])

    await until(fact, seconds=120, every_seconds=0.5)


async def _answered(queries: Any) -> int:
    """How many records a gateway counts."""
    return sum(sum(series.counts) for series in (await queries.Histogram(HistogramRequest())).series)


async def _until_answered(queries: Any, lines: int) -> None:
    """Wait until at least so many are; more are written meanwhile."""

    async def fact() -> bool:
        return await _answered(queries) >= lines

    await until(fact, seconds=120, every_seconds=0.5)


async def _bodies(queries: Any) -> Counter[str]:
    """Of all records, page by page."""
    found, token = Counter[str](), ""
    while True:
        async for answer in queries.Search(SearchRequest(page_size=7_000, page_token=token)):
            found.update(record.body for record in answer.rows.records)
            token = answer.done.next_page_token
        if not token:
            return found


def _write(cluster: Cluster, done: threading.Event, every_seconds: float) -> None:
    for _ in itertools.count():
        if done.wait(every_seconds):
            return
        cluster.write_lines(200)


def _replace(cluster: Cluster, name: str) -> None:
    """Stop it as Kubernetes does, and start it as of this release."""
    process = cluster.running.pop(name)
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    cluster.environment.pop(name, None)
    if name in cluster.names:
        cluster.start_processor(name)
    else:
        cluster.start_producer(name)


async def _until_stored(cluster: Cluster, lines: int) -> None:
    """Wait until at least so many are; more are written meanwhile."""
    async with asyncio.timeout(60):
        while (await cluster.query("SELECT count(*) AS n FROM logmesh.logs"))[0]["n"] < lines:
            await asyncio.sleep(0.1)
