"""Processes that were forked before and wait: what they become, and how they end. Each test has a runner of its own, for one that
forks must have no threads."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from tests import waiting

MAIN = """
import json, os, sys, threading, time
from pathlib import Path

def main():
    descriptors = {int(path.name) for path in Path("/proc/self/fd").iterdir()}
    print(json.dumps({
        "environment": dict(os.environ), "arguments": sys.argv, "leads": os.getsid(0) == os.getpid(), "input": sys.stdin.read(),
        "open": [os.readlink(f"/proc/self/fd/{one}") for one in descriptors if os.path.exists(f"/proc/self/fd/{one}")],
        "title": Path("/proc/self/cmdline").read_bytes().decode().strip("\\0"), "comm": Path("/proc/self/comm").read_text().strip(),
    }), flush=True)
    threading.Thread(target=lambda: (time.sleep(0.1), print("the thread, too"))).start()
    match os.environ.get("END"):
        case "raise": raise ValueError("what was wrong")
        case "exit": sys.exit("the last words")
        case status: return int(status)
"""
RUNNER = """
import json, os, signal, sys
from logmesh.cli.local.prefork import prefork

held = open("held", "w")
first, second = prefork(2)
"""
"""What a runner begins with; `held` stands for the lock of the data folder."""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A folder with a program `said`, which tells what it finds."""
    (tmp_path / "said").mkdir()
    (tmp_path / "said/__init__.py").touch()
    (tmp_path / "said/__main__.py").write_text(MAIN)
    return tmp_path


def runner(folder: Path, rest: str) -> "subprocess.Popen[str]":
    path = os.pathsep.join([str(folder), *sys.path])
    return subprocess.Popen(
        [sys.executable, "-c", RUNNER + textwrap.dedent(rest)],
        env={**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1", "LEFT": "behind"},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def became(folder: Path, end: str) -> tuple[int, dict[str, Any], str]:
    """Its status, what it told of itself, and what else it said."""
    process = runner(
        folder,
        f"""
        first.become("said", "a-name", {{"END": "{end}", "WIDE": "x" * 100_000}})
        said = open(first.output).read()
        print(json.dumps([first.wait(), said]))
        """,
    )
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    status, said = json.loads(output)
    told, _, rest = said.partition("\n")
    return status, json.loads(told), rest


def test_it_becomes_the_program_in_its_environment_and_nothing_of_the_runner_stays_open(program: Path) -> None:
    status, told, rest = became(program, "7")
    assert status == 7
    assert told["environment"] == {"END": "7", "WIDE": "x" * 100_000}
    assert told["arguments"] == ["said"]
    assert told["leads"]
    assert told["input"] == ""
    assert told["title"] == f"{sys.executable} -m said (a-name)"
    assert told["comm"] == "a-name"
    assert len(told["open"]) == 3, told["open"]
    assert not any("held" in name for name in told["open"])
    assert rest == "the thread, too\n"


@pytest.mark.parametrize(("end", "words"), [("raise", "ValueError: what was wrong"), ("exit", "the last words")])
def test_it_ends_as_an_interpreter_does(program: Path, end: str, words: str) -> None:
    status, _, rest = became(program, end)
    assert status == 1
    assert words in rest


def test_one_that_was_killed_while_it_waited_is_known_when_it_is_needed(program: Path) -> None:
    process = runner(
        program,
        """
        os.kill(first.pid, 9)
        os.waitid(os.P_PID, first.pid, os.WEXITED | os.WNOWAIT)
        try:
            first.become("said", "a-name", {})
        except BrokenPipeError:
            first.dismiss()
            print(first.wait())
        """,
    )
    output, _ = process.communicate(timeout=60)
    assert output == "-9\n"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
async def test_those_that_wait_end_with_the_runner(program: Path, number: signal.Signals) -> None:
    process = runner(program, "print(first.pid, second.pid, flush=True); signal.pause()")
    assert process.stdout is not None
    pids = process.stdout.readline().split()
    assert len(pids) == 2
    process.send_signal(number)
    process.communicate(timeout=60)
    await waiting.until_true(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))


def test_a_runner_has_no_thread_when_it_forks_whatever_its_environment_says() -> None:
    program = """
    import os
    import logmesh.cli.up
    from logmesh.cli.local.prefork import prefork

    prefork(0, lake=True)
    print(len(os.listdir("/proc/self/task")), os.environ["GRPC_ENABLE_FORK_SUPPORT"])
    """
    asked_for = {"OPENBLAS_NUM_THREADS": "4", "GRPC_ENABLE_FORK_SUPPORT": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", textwrap.dedent(program)]
    done = subprocess.run(
        command, env={**os.environ, **asked_for}, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "1 0\n"
