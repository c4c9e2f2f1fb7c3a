"""A producer whose disk has no room left: it starts, delivers what it has, goes on, and hears that it is to stop."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.cluster import Cluster
from tests.needs import missing
from tests.unit.journal.disks import fill_disk

PRODUCER = "log-producer"
LONG = "x" * 190_000
EX_TEMPFAIL = 75


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path, processors=1)
    folder = cluster.folder / "spool"  # of its only producer
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=40m,nr_inodes=64", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        missing("small disk")
    yield cluster
    cluster.stop()
    subprocess.run(["umount", "--lazy", folder], check=True)


def spooled(cluster: Cluster) -> bytes:
    return b"".join(path.read_bytes() for path in (cluster.folder / "spool").glob("*.segment"))


def until_spooled(cluster: Cluster, line: int) -> None:
    ends = time.monotonic() + 30
    while f"line {line:08d}".encode() not in spooled(cluster):
        assert time.monotonic() < ends
        time.sleep(0.05)


def write_long_lines(cluster: Cluster, count: int) -> None:
    with (cluster.folder / f"{PRODUCER}.log").open("a") as file:
        file.writelines(f"{cluster.lines + at:08d} {LONG}\n" for at in range(count))
    cluster.lines += count


def take_inodes(folder: Path) -> None:
    """Make files until the disk has no inode for another."""
    try:
        for at in range(1_000):
            (folder / f"taken-{at}").touch()
    except OSError:
        return
    raise AssertionError("the disk has inodes without end")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("lacks", ["bytes", "inodes"])
async def test_a_producer_starts_on_a_full_disk_delivers_what_it_has_and_goes_on(cluster: Cluster, lacks: str) -> None:
    cluster.start_producer()
    cluster.write_lines(2_000)
    until_spooled(cluster, 1_999)
    cluster.kill(PRODUCER)
    spool = cluster.folder / "spool"
    take_inodes(spool) if lacks == "inodes" else fill_disk(spool / "taken")
    cluster.start_producer()
    cluster.start_processor("log-processor-0")
    await cluster.wait_until_stored(40)
    for _ in range(3):  # more than the segments hold that are there
        write_long_lines(cluster, 80)
        await cluster.wait_until_stored(30)
    rows = await cluster.query("SELECT count(*) AS n, count(DISTINCT body) AS lines FROM logmesh.logs")
    assert (rows[0]["n"], rows[0]["lines"]) == (cluster.lines, cluster.lines)
    cluster.running[PRODUCER].send_signal(signal.SIGTERM)
    assert cluster.running.pop(PRODUCER).wait(15) == 0


@pytest.mark.timeout(60)
def test_a_stopped_producer_says_how_much_it_leaves_in_its_spool_even_when_the_disk_is_full(cluster: Cluster) -> None:
    cluster.environment[PRODUCER] = {"LOGMESH_DRAIN_SECONDS": "0.5"}
    cluster.start_producer()
    cluster.write_lines(200)
    until_spooled(cluster, 199)
    fill_disk(cluster.folder / "spool" / "taken")
    while "the spool is full" not in cluster.output(PRODUCER):
        write_long_lines(cluster, 40)
        time.sleep(0.2)
    process = cluster.running.pop(PRODUCER)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == EX_TEMPFAIL
    said = json.loads(cluster.output(PRODUCER).splitlines()[-1])
    assert said["event_name"] == "left_in_spool"
    assert said["spool"] == str(cluster.folder / "spool")
    assert said["records"] == spooled(cluster).count(b"of the fault test") + spooled(cluster).count(LONG.encode())
