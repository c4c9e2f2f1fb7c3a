"""`logmesh ship` as people use it: interrupted, with globs that the shell expands, with several pipes at once."""

import gzip
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from tests.e2e.test_up import Running, query
from tests.waiting import until

COMMITTED = re.compile(r"^([\d,]+) records committed$", re.MULTILINE)


def ship(up: Running, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "logmesh.cli.main", "ship", "--data-dir", str(up.data_dir), *arguments]
    pipe = subprocess.PIPE
    wide = os.environ | {"COLUMNS": "1000"}  # no line is folded
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=wide)


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def committed(process: "subprocess.Popen[str]", text: str | None = None) -> int:
    out, err = process.communicate(text, timeout=60)
    assert process.returncode == 0, err
    found = COMMITTED.search(out)
    assert found is not None, out
    return int(found[1].replace(",", ""))


def test_a_file_is_shipped_once_whatever_it_is_shipped_together_with(up: Running, tmp_path: Path) -> None:
    first, second = tmp_path / "a.log", tmp_path / "b.log"
    first.write_text("a1\na2\n")
    assert committed(ship(up, str(first), "--service", "glob")) == 2
    second.write_text("b1\n")
    assert committed(ship(up, str(first), str(second), "--service", "glob")) == 1
    with first.open("a") as file:
        file.write("a3\n")
    assert committed(ship(up, str(first), "--service", "glob")) == 1
    assert committed(ship(up, str(second), str(first), "--service", "glob")) == 0
    assert committed(ship(up, str(first), "--service", "another")) == 3
    for spool in (up.data_dir / "ship").iterdir():  # what was read, and nothing of it
        assert size(spool) < 32 << 10
    assert size(up.data_dir / "processors") < 60 << 20


async def test_pipes_of_one_service_may_run_at_once(up: Running) -> None:
    running = [ship(up, "-", "--service", "pods") for _ in range(3)]
    for process in running:
        assert process.stdin is not None
        process.stdin.write("first\n")
        process.stdin.flush()
    spools = "SELECT count(*) = 3 FROM logmesh.spools WHERE producer LIKE 'pods: %'"
    await until(lambda: query(up.data_dir, spools))
    assert [committed(process, "second\n") for process in running] == [2, 2, 2]


async def test_an_interrupted_ship_says_so_and_the_same_command_sends_the_rest(up: Running, tmp_path: Path) -> None:
    lines = 150_000
    file = tmp_path / "big.log"
    file.write_text("".join(f"line {number}\n" for number in range(lines)))
    process = ship(up, str(file), "--service", "big")
    await until(lambda: query(up.data_dir, "SELECT count(*) FROM logmesh.logs WHERE service = 'big'"))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopping" in err
    assert "not all of it" in err
    found = COMMITTED.search(out)
    assert found is not None
    rest = committed(ship(up, str(file), "--service", "big"))
    assert int(found[1].replace(",", "")) + rest == lines


def test_files_that_can_not_be_read_are_named_and_the_others_are_shipped(up: Running, tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("one\ntwo\n")
    (tmp_path / "app.log.1").symlink_to("/sys/class/net/lo/speed")  # a regular file, which the kernel refuses to read
    (tmp_path / "app.log.2.gz").write_bytes(gzip.compress(b"three\n") + b"something else")
    process = ship(up, f"{tmp_path}/app.log*", "--service", "damaged")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "3 records committed" in out
    said = " ".join(err.split())
    assert "app.log.1 can't be read: Invalid argument" in said
    assert "app.log.2.gz is damaged" in said
    assert "2 of the files could not be read, or not all of it" in said
    # What is damaged was said, and what could be read of it is there.
    assert ship(up, f"{tmp_path}/app.log*", "--service", "damaged").wait(60) == 1


def test_a_spool_that_can_not_be_made_is_one_line(up: Running, tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("x\n")
    process = ship(up, str(tmp_path / "app.log"), "--service", "x", "--spool", "/proc/nope")
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "can't use the spool /proc/nope" in err
    assert "Traceback" not in err
