"""`logmesh ship` as people use it: interrupted, with globs that the shell expands, with several pipes at once."""

import gzip
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from tests.commands import run
from tests.docker_logs import container_folder, json_lines, write_log
from tests.e2e.test_up import Running, query
from tests.waiting import until

COMMITTED = re.compile(r"^([\d,]+) records committed$", re.MULTILINE)


WIDE = os.environ | {"COLUMNS": "1000"}  # no line is folded


def ship(up: Running, *arguments: str) -> "subprocess.Popen[str]":
    """One that a test speaks to while it runs."""
    command = [sys.executable, "-m", "logmesh.cli.main", "ship", "--data-dir", str(up.data_dir), *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=WIDE)


def ran(up: Running, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """One that ran to its end."""
    return run("ship", "--data-dir", str(up.data_dir), *arguments, environment=WIDE)


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def committed(process: "subprocess.Popen[str]", text: str | None = None) -> int:
    out, err = process.communicate(text, timeout=60)
    assert process.returncode == 0, err
    return count_in(out)


def count_in(out: str) -> int:
    found = COMMITTED.search(out)
    assert found is not None, out
    return int(found[1].replace(",", ""))


def shipped(up: Running, service: str, *files: Path) -> int:
    """How many records a run to the end commits."""
    done = ran(up, *map(str, files), "--service", service)
    assert done.returncode == 0, done.stderr
    return count_in(done.stdout)


def test_a_file_is_shipped_once_whatever_it_is_shipped_together_with(up: Running, tmp_path: Path) -> None:
    first, second = tmp_path / "a.log", tmp_path / "b.log"
    first.write_text("a1\na2\n")
    assert shipped(up, "glob", first) == 2
    second.write_text("b1\n")
    assert shipped(up, "glob", first, second) == 1
    with first.open("a") as file:
        file.write("a3\n")
    assert shipped(up, "glob", first) == 1
    assert shipped(up, "glob", second, first) == 0
    assert shipped(up, "another", first) == 3
    spools = list((up.data_dir / "ship").iterdir())
    assert spools
    for spool in spools:  # what was read, and nothing of it
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
    rest = shipped(up, "big", file)
    assert int(found[1].replace(",", "")) + rest == lines


def test_files_that_can_not_be_read_are_named_and_the_others_are_shipped(up: Running, tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("one\ntwo\n")
    (tmp_path / "app.log.1").symlink_to("/sys/class/net/lo/speed")  # a regular file, which the kernel refuses to read
    (tmp_path / "app.log.2.gz").write_bytes(gzip.compress(b"three\n") + b"something else")
    (tmp_path / "app.log.3.lz4").write_bytes(bytes.fromhex("04224d186440a7"))
    damaged = (f"{tmp_path}/app.log*", "--service", "damaged")
    done = ran(up, *damaged)
    assert done.returncode == 1
    assert "3 records committed" in done.stdout
    said = " ".join(done.stderr.split())
    assert "app.log.1 can't be read: Invalid argument" in said
    assert "app.log.2.gz is damaged" in said
    assert "app.log.3.lz4 can't be read: it is compressed by lz4" in said and "lz4 -d app.log.3.lz4" in said
    assert "3 of the files could not be read, or not all of it" in said
    # What is damaged was said, and what could be read of it is there.
    assert ran(up, *damaged).returncode == 1


def shell(up: Running, line: str) -> "subprocess.CompletedProcess[str]":
    """What a person types, where `logmesh` is the command and finds the system."""
    command = f'logmesh() {{ {sys.executable} -m logmesh.cli.main "$@"; }}; {line}'
    environment = WIDE | {"LOGMESH_DATA_DIR": str(up.data_dir)}
    return subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env=environment, timeout=60, check=False
    )


def test_pipes_with_names_are_shipped_and_an_empty_input_says_so(up: Running) -> None:
    done = shell(up, "logmesh ship <(printf 'one\\ntwo retry\\n') --service substituted")
    assert (done.returncode, done.stdout) == (0, "2 records committed\n"), done.stderr
    gateway = json.loads((up.data_dir / "run.json").read_text())["gateway"]
    found = shell(up, f"logmesh search '-retry service = substituted' -o raw --since 08:50 --gateway http://{gateway}/")
    assert (found.returncode, found.stdout) == (0, "one\n"), found.stderr
    done = shell(up, "logmesh ship - --service nothing </dev/null")
    assert (done.returncode, done.stdout) == (0, "0 records committed\n"), done.stderr
    assert "nothing came on standard input" in done.stderr


def test_a_spool_that_can_not_be_made_is_one_line(up: Running, tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("x\n")
    done = ran(up, str(tmp_path / "app.log"), "--service", "x", "--spool", "/proc/nope")
    assert done.returncode == 1
    assert "can't use the spool /proc/nope" in done.stderr
    assert "Traceback" not in done.stderr


async def test_what_was_not_stored_as_it_came_is_counted(up: Running, tmp_path: Path) -> None:
    exact = 123456789012345678901234567890
    lines = [
        rb'{"msg":"nul","a":"b\u0000c"}',
        b'{"msg":"deep","a":' + b"[" * 254 + b"]" * 254 + b"}",
        b'{"msg":"long","a":1e200000}',
        b'{"msg":"well","a":%d}' % exact,
    ]
    (tmp_path / "app.log").write_bytes(b"\n".join([*lines, b""]))
    done = ran(up, str(tmp_path / "app.log"), "--service", "odd")
    assert (done.returncode, COMMITTED.findall(done.stdout)) == (0, ["4"]), done.stderr
    said = " ".join(done.stderr.split())
    assert "3 of them have fields that can't be stored as such: logmesh.attributes_text has their text" in said
    kept = f"SELECT count(*) FROM logmesh.logs WHERE attributes->>'a' = '{exact}'"
    assert await query(up.data_dir, kept) == 1


async def test_docker_s_containers_are_shipped_by_one_command_and_again_only_what_is_new(
    up: Running, tmp_path: Path
) -> None:
    folder = container_folder(tmp_path, "a1" * 32, "box-web-1", **{"com.docker.compose.service": "web-of-docker"})
    write_log(folder, json_lines("one", "two"), ".1.gz")
    write_log(folder, json_lines("three", "x" * 40_000, first=2))
    command = ("ship", "--docker", "--docker-root", str(tmp_path), "--data-dir", str(up.data_dir))
    assert [count_in(run(*command).stdout) for _ in range(2)] == [4, 0]
    named = (
        "SELECT count(*) FILTER (WHERE resource ->> 'container.name' = 'box-web-1') + max(length(body))"
        " FROM logmesh.logs JOIN logmesh.origins o USING (origin) WHERE o.service = 'web-of-docker'"
    )
    assert await query(up.data_dir, named) == 4 + 40_000
