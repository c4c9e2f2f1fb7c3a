"""`logmesh up --store lake` as a person meets it: what is shipped is found, traced, followed and accounted for, over restarts."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from tests.commands import run
from tests.e2e.test_up import LOGMESH, Running, begun, child_pid, own_loopback, query, run_up
from tests.waiting import until, until_true

from logmesh.cli.local.run_state import read_run_state

LINES = 6_000
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lake")


@pytest.fixture(scope="module")
def system(folder: Path) -> Iterator[Running]:
    running = Running(begun(folder / "data"), "--store", "lake", "--rate", "100", loopback=own_loopback())
    try:
        running.wait_for("Logmesh is up")
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()


def search(system: Running) -> None:
    for words in ("attributes.n = 4321", '"line 4321"'):
        found = run("search", f'service = "shipped" {words}', "--output", "raw", "--data-dir", str(system.data_dir))
        assert [json.loads(line)["n"] for line in found.stdout.splitlines()] == [4321], found.stderr


async def test_what_is_shipped_is_found_traced_and_accounted_for(system: Running, folder: Path) -> None:
    log = folder / "app.log"
    lines = [
        {"msg": f"line {at}", "level": "info", "n": at, "trace_id": TRACE if at < 3 else None} for at in range(LINES)
    ]
    log.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    ship = ("ship", str(log), "--service", "shipped", "--data-dir", str(system.data_dir))
    first, again = run(*ship), run(*ship)
    assert (first.returncode, first.stdout) == (0, f"{LINES:,} records committed\n"), first.stderr
    assert (again.returncode, again.stdout) == (0, "0 records committed\n"), again.stderr
    assert await query(system.data_dir, "SELECT count(*) FROM logmesh.logs") == 0
    search(system)
    # As if they had been hot for ten minutes.
    await query(
        system.data_dir,
        "WITH closed AS (UPDATE logmesh.generations SET closed = true RETURNING 1) SELECT count(*) FROM closed",
    )

    async def filed() -> bool:
        return (
            await query(system.data_dir, "SELECT coalesce(sum(rows), 0) FROM logmesh.files WHERE dead_xid IS NULL")
            >= LINES
        )

    await until(filed)
    assert list((system.data_dir / "lake").rglob("*.parquet"))
    search(system)
    traced = run("trace", TRACE, "--output", "raw", "--data-dir", str(system.data_dir))
    assert re.findall(r"line \d", traced.stdout) == ["line 0", "line 1", "line 2"], traced.stderr
    status = json.loads(run("status", "--output", "json", "--data-dir", str(system.data_dir)).stdout)
    assert sum(producer["missing_batches"] for producer in status["producers"]) == 0
    assert [processor["ready"] for processor in status["processors"]] == [True, True]


async def test_a_tail_shows_what_comes(system: Running) -> None:
    command = [*LOGMESH, "tail", 'service = "followed"', "--data-dir", str(system.data_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as tail:
        assert tail.stdout is not None
        screen = tail.stdout
        os.set_blocking(screen.fileno(), False)

        def came() -> bool:
            """Whether it showed what is shipped now or was before: until the tail stands, nobody knows."""
            shipped = run("ship", "-", "--service", "followed", "--data-dir", str(system.data_dir), text="it came\n")
            assert shipped.returncode == 0, shipped.stderr
            return b"it came" in (screen.read() or b"")

        try:
            await until_true(came)
        finally:
            tail.terminate()


def shown(system: Running, name: str) -> float:
    """A figure of the keeper; below 0 where it shows none."""
    state = read_run_state(system.data_dir)
    assert state
    try:
        with urlopen(state.metrics["log-keeper"], timeout=10) as answer:  # noqa: S310  # of a process of ours
            found = re.search(rf"^{name} (\S+)$", answer.read().decode(), re.MULTILINE)
    except OSError:
        return -1
    return float(found[1]) if found else -1


async def test_a_keeper_that_is_killed_is_started_again_and_leads(system: Running) -> None:
    await until_true(lambda: shown(system, "logmesh_lake_leads") == 1)
    os.kill(child_pid(system.process.pid, "log-keeper", "logmesh.keeper"), signal.SIGKILL)
    system.wait_for("log-keeper was killed by signal 9: it starts again")
    system.wait_for("log-keeper is up again")
    await until_true(lambda: shown(system, "logmesh_lake_leads") == 1)


def test_a_restart_finds_the_lake_without_being_told(system: Running) -> None:
    assert system.stop() == 0, system.said()
    assert "keeper has stopped" in system.said()
    refused = run_up("--data-dir", str(system.data_dir), "--store", "rows", "--loopback", system.loopback)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"logmesh: {system.data_dir} has a lake"), refused.stderr
    assert refused.stderr.count("\n") == 1
    again = Running(system.data_dir, "--producers", "0", "--processors", "1", loopback=system.loopback)
    try:
        again.wait_for("Logmesh is up")
        search(again)
    finally:
        again.stop()


def test_a_folder_that_was_begun_with_rows_gets_a_lake_and_shows_both(tmp_path: Path) -> None:
    folder, loopback = begun(tmp_path / "data"), own_loopback()

    def ship(words: str) -> None:
        shipped = run("ship", "-", "--service", "both", "--data-dir", str(folder), text=f"{words}\n")
        assert shipped.returncode == 0, shipped.stderr

    def bodies() -> list[str]:
        found = run("search", 'service = "both"', "--output", "raw", "--data-dir", str(folder))
        assert found.returncode == 0, found.stderr
        return found.stdout.splitlines()

    for arguments, words in ((), "as a row"), (("--store", "lake"), "in the lake"):
        system = Running(folder, "--producers", "0", "--processors", "1", *arguments, loopback=loopback)
        try:
            system.wait_for("Logmesh is up")
            ship(words)
            before = bodies()
        finally:
            system.stop()
    assert before == ["in the lake", "as a row"]
