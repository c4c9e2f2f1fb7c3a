"""README's commands, as they stand there, against a running system; and the files and verbs that the documents name."""

import json
import os
import re
import shlex
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.commands import run
from tests.e2e.test_up import Running

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
BASES = (ROOT, ROOT / "services", ROOT / "services" / "logmesh")  # what a path in a document is relative to
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md")
MADE = {".tools/bin", "services/dashboard/dist"}  # by `make tools` and `make dashboard`
COMMITTED = re.compile(r"^([\d,]+) records committed$", re.MULTILINE)

needs_grpcurl = pytest.mark.needs("grpcurl")


def commands_with(*words: str) -> list[str]:
    """README's indented blocks, cut into commands; those that hold all of `words`. What sets a variable stays with
    the commands after it."""
    found = []
    text = re.sub(r"^```.*?^```", "", README, flags=re.MULTILINE | re.DOTALL)  # pictures
    for block in re.findall(r"(?:^    .*\n)+", text, re.MULTILINE):
        settings = ""
        for command in re.sub(r"\\\n", "", block).splitlines():
            if re.match(r"\s+\w+=", command):
                settings += command.strip() + "\n"
            elif all(word in command for word in words):
                found.append(settings + command.strip())
    assert found, f"README has no command with {words}"
    return found


@pytest.fixture
def shell(up: Running, tmp_path: Path) -> "Shell":
    return Shell(up, tmp_path)


class Shell:
    """A shell as README's reader has it: in the repository's folder, with an `app.log` and a `kubectl`."""

    def __init__(self, up: Running, folder: Path, **environment: str) -> None:
        self._up, self._folder, self._environment = up, folder, environment
        (folder / "docs").symlink_to(ROOT / "docs")
        self._program("logmesh", f'exec "{sys.executable}" -m logmesh.cli.main "$@"')
        self._program("kubectl", "printf 'INFO one\\nWARN two\\n'")
        (folder / "app.log").write_text(
            "".join(f"{('WARNING', 'ERROR')[number % 2]} line {number}\n" for number in range(1_000))
        )

    def run(self, command: str) -> str:
        """What the command prints. It must exit with 0."""
        done = subprocess.run(
            ["bash", "-eu", "-o", "pipefail", "-c", self._here(command)],
            cwd=self._folder,
            env=self._variables(),
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def run_forked(self, command: str) -> str:
        """The same of a `logmesh` and nothing else, without an interpreter of its own: where another test has one for it."""
        _, *arguments = shlex.split(self._here(command))
        done = run(*arguments, environment=self._variables(), folder=self._folder)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _here(self, command: str) -> str:
        for printed, here in (
            ("~/.local/share/logmesh", str(self._up.data_dir)),
            ("localhost:8080", self._up.api),
            ("127.0.0.11:", f"{self._up.loopback}.11:"),
        ):
            command = command.replace(printed, here)
        return command

    def _variables(self) -> dict[str, str]:
        return os.environ | {
            "PATH": f"{self._folder / 'bin'}:{os.environ['PATH']}",
            "LOGMESH_DATA_DIR": str(self._up.data_dir),
            "LOGMESH_GATEWAY": self._up.api,  # README's reader has it on localhost, the default
            **self._environment,
        }

    def _program(self, name: str, script: str) -> None:
        path = self._folder / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)


def test_lines_are_shipped_found_and_accounted_for(shell: Shell) -> None:
    shipped = [COMMITTED.search(shell.run(command)) for command in commands_with("logmesh ship")]
    assert [found and found[1] for found in shipped] == ["1,000", "2"]
    again = COMMITTED.search(shell.run_forked(commands_with("logmesh ship app.log")[0]))
    assert again is not None and again[1] == "0"
    (search,) = commands_with("logmesh search")
    records = [json.loads(line) for line in shell.run(search).splitlines()]
    assert records
    assert {record["service"] for record in records} == {"checkout"}
    assert min(record["severity_number"] for record in records) >= 13
    (status,) = commands_with("logmesh status")
    shown = shell.run(status)
    assert "log-processor-1" in shown
    assert "missing" in shown


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kolkata", "America/New_York"])
def test_what_was_shipped_is_found_where_clocks_show_another_time(up: Running, tmp_path: Path, zone: str) -> None:
    shell = Shell(up, tmp_path, TZ=zone)
    now = datetime.now(UTC).replace(microsecond=0)
    written = [now - timedelta(seconds=seconds) for seconds in (90, 60, 30)]
    clock = [moment.astimezone(ZoneInfo(zone)) for moment in written]
    (tmp_path / "app.log").write_text(
        f"{clock[0]:%Y-%m-%d %H:%M:%S},000 ERROR first in {zone}\n"
        f"{clock[1]:%b %e %H:%M:%S} host app[7]: error: second in {zone}\n"
        f"{clock[2]:%m/%d/%Y %I:%M:%S %p} WARNING third in {zone}\n"
    )
    service = zone.rpartition("/")[2]  # other tests ship as README says
    ship, search = (
        commands_with(verb)[0].replace("checkout", service) for verb in ("logmesh ship app.log", "logmesh search")
    )
    shipped = COMMITTED.search(shell.run_forked(ship))
    assert shipped is not None and shipped[1] == "3"
    records = [json.loads(line) for line in shell.run_forked(search).splitlines()]
    times = {record["body"].split()[-3]: record["time"] for record in records}
    assert times == {
        name: f"{moment:%Y-%m-%dT%H:%M:%S}.000000000Z"
        for name, moment in zip(("first", "second", "third"), written, strict=True)
    }


@pytest.mark.needs("curl")
def test_curl_gets_json(shell: Shell) -> None:
    shell.run_forked(commands_with("logmesh ship app.log")[0])
    (search,) = commands_with("curl", "/v1/logs")
    lines = [json.loads(line) for line in shell.run(search).splitlines()]
    assert len(lines[1]["rows"]["records"]) > 0
    assert "done" in lines[-1]
    (histogram,) = commands_with("curl", "/v1/histogram")
    assert json.loads(shell.run(histogram))["series"]


def test_a_tail_and_a_trace_are_shown(shell: Shell) -> None:
    (tail,) = commands_with("logmesh tail")
    assert shell.run(f"timeout --signal INT 60 {tail} | head -n 1; true")
    search = "logmesh search 'trace_id:*' --limit 1 --output json"
    trace_id = json.loads(shell.run_forked(search))["trace_id"]
    (trace,) = commands_with("logmesh trace")
    assert trace_id in shell.run(re.sub("[0-9a-f]{32}", trace_id, trace))


@needs_grpcurl
def test_grpcurl_looks_around_and_searches(shell: Shell) -> None:
    (listing,) = commands_with("grpcurl", " list")
    assert "logmesh.v1.QueryService" in shell.run(listing).split()
    (health,) = commands_with("grpcurl", "Health/Check")
    assert json.loads(shell.run(health)) == {"status": "SERVING"}
    shell.run_forked(commands_with("logmesh ship app.log")[0])
    (search,) = commands_with("grpcurl", "QueryService/Search")
    assert '"rows"' in shell.run(search)


@needs_grpcurl
def test_grpcurl_streams_the_example_and_is_answered(shell: Shell) -> None:
    (append,) = commands_with("grpcurl", "IngestService/Append")
    answers = shell.run(append)
    for kind in ("welcome", "logged", "committed"):
        assert f'"{kind}"' in answers
    assert '"committed"' in shell.run(append)  # again, and stored once, as README says


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_a_document_names_exists(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")
    paths = {name for name in re.findall(r"`([\w.][\w./-]*)`", text) if "/" in name} - MADE
    paths |= set(re.findall(r"\]\(([\w./-]+)\)", text))
    assert paths
    missing = {
        path for path in paths if not any((base / f"{path}{end}").exists() for base in BASES for end in ("", ".py"))
    }
    assert missing == set()


def test_make_knows_every_verb_that_a_document_names() -> None:
    text = "".join((ROOT / document).read_text("utf-8") for document in DOCUMENTS)
    verbs = set(re.findall(r"(?:`|^    )make ([a-z-]+)", text, re.MULTILINE))
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert {"up", "test", "setup"} <= verbs
    assert verbs <= known
