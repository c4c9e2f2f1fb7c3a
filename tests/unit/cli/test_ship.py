"""What `logmesh ship` makes of its arguments."""

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from logmesh.cli.local.errors import LocalError
from logmesh.cli.local.run_state import RunState
from logmesh.cli.ship import ShipOptions, ship_settings, with_pipe
from logmesh.cli.ship_spools import spools_of

SPOOL = Path("spool")
RUNNING = RunState(1, "g", "ipv4:127.0.0.11:50052", [], "c.crt", "c.key", "ca.crt", "d", {})


@pytest.fixture(autouse=True)
def no_target(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOGMESH_TARGET", raising=False)


def options(tmp_path: Path, *files: str) -> ShipOptions:
    return ShipOptions(list(files), "checkout", tmp_path)


def test_what_runs_here_is_shipped_to_in_mutual_tls(tmp_path: Path) -> None:
    settings = ship_settings(options(tmp_path, "-"), RUNNING, SPOOL)
    assert (settings.source, settings.target, settings.tls_ca) == ("stdin", RUNNING.target, Path("ca.crt"))


def test_a_target_that_is_given_wins_and_brings_no_certificates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ship_settings(replace(options(tmp_path, "-"), target="a:1"), RUNNING, SPOOL).tls is None
    monkeypatch.setenv("LOGMESH_TARGET", "b:2")
    assert ship_settings(options(tmp_path, "-"), RUNNING, SPOOL).target == "b:2"


def test_names_with_pattern_characters_are_taken_literally(tmp_path: Path) -> None:
    (tmp_path / "a[1].log").touch()
    settings = ship_settings(options(tmp_path, str(tmp_path / "a[1].log")), RUNNING, SPOOL)
    assert settings.files == [str(tmp_path / "a[[]1].log")]


@pytest.mark.parametrize("wrong", ["missing.log", "*.nothing", "."])
def test_what_matches_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LocalError):
        ship_settings(options(tmp_path, wrong), RUNNING, SPOOL)


def test_a_named_pipe_is_shipped_as_standard_input(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    before = os.dup(0)
    writing = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(b"one\n",))
    writing.start()
    try:
        assert with_pipe(options(tmp_path, str(tmp_path / "pipe"))).files == ["-"]
        assert os.read(0, 100) == b"one\n"
    finally:
        os.dup2(before, 0)
        os.close(before)
        writing.join()


def test_a_pipe_among_others_is_refused_with_what_to_type(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a").touch()
    files = [str(tmp_path / "a"), str(tmp_path / "pipe")]
    with pytest.raises(LocalError, match=f"cat {' '.join(files)} | logmesh ship -"):
        with_pipe(options(tmp_path, *files))
    assert with_pipe(options(tmp_path, files[0])).files == files[:1]


def test_a_producer_is_named_for_what_it_ships(tmp_path: Path) -> None:
    (tmp_path / "app.log").touch()
    settings = ship_settings(options(tmp_path, str(tmp_path / "app.log")), RUNNING, SPOOL)
    assert settings.name == "checkout: app.log"
    assert settings.instance != settings.name
    long = ship_settings(replace(options(tmp_path, "-"), service="é" * 200), RUNNING, SPOOL)
    assert len(long.name.encode()) <= 255


def test_the_spool_depends_on_service_and_files_and_not_on_how_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "link").symlink_to(tmp_path / "a")

    def spool(service: str, *files: str) -> Path:
        (only,) = spools_of(tmp_path, service, files)
        return only

    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    assert (
        spool("x", a, b) == spool("x", b, str(tmp_path / "other" / ".." / "a")) == spool("x", str(tmp_path / "link"), b)
    )
    assert len({spool("x", a), spool("y", a), spool("x", b)}) == 3


def test_each_of_several_pipes_has_a_spool_to_try(tmp_path: Path) -> None:
    spools = list(spools_of(tmp_path, "x", ["-"]))
    assert len(set(spools)) == len(spools) > 10


def test_a_zone_is_given_to_the_producer_and_one_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    given = replace(options(tmp_path, "-"), timezone="Europe/Berlin")
    assert ship_settings(given, RUNNING, SPOOL).timezone == "Europe/Berlin"
    with pytest.raises(LocalError, match="no time zone 'Mars/Olympus'"):
        ship_settings(replace(given, timezone="Mars/Olympus"), RUNNING, SPOOL)
