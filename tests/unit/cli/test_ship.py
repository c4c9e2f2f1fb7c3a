"""What `logmesh ship` makes of its arguments."""

from dataclasses import replace
from pathlib import Path

import pytest

from logmesh.cli.local.errors import LocalError
from logmesh.cli.local.run_state import RunState
from logmesh.cli.ship import ShipOptions, ship_settings, spool_name

RUNNING = RunState(1, "g", "ipv4:127.0.0.11:50052", [], "c.crt", "c.key", "ca.crt", "d", {})


@pytest.fixture(autouse=True)
def no_target(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOGMESH_TARGET", raising=False)


def options(tmp_path: Path, *files: str) -> ShipOptions:
    return ShipOptions(list(files), "checkout", tmp_path)


def test_what_runs_here_is_shipped_to_in_mutual_tls(tmp_path: Path) -> None:
    settings = ship_settings(options(tmp_path, "-"), RUNNING)
    assert (settings.source, settings.target, settings.tls_ca) == ("stdin", RUNNING.target, Path("ca.crt"))


def test_a_target_that_is_given_wins_and_brings_no_certificates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ship_settings(replace(options(tmp_path, "-"), target="a:1"), RUNNING).tls is None
    monkeypatch.setenv("LOGMESH_TARGET", "b:2")
    assert ship_settings(options(tmp_path, "-"), RUNNING).target == "b:2"


def test_names_with_pattern_characters_are_taken_literally(tmp_path: Path) -> None:
    (tmp_path / "a[1].log").touch()
    settings = ship_settings(options(tmp_path, str(tmp_path / "a[1].log")), RUNNING)
    assert settings.files == [str(tmp_path / "a[[]1].log")]


@pytest.mark.parametrize("wrong", ["missing.log", "*.nothing", "."])
def test_what_matches_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LocalError):
        ship_settings(options(tmp_path, wrong), RUNNING)


def test_the_spool_depends_on_service_and_files_and_not_on_their_order(tmp_path: Path) -> None:
    names = [
        options(tmp_path, "a", "b"),
        options(tmp_path, "b", "a"),
        replace(options(tmp_path, "a", "b"), service="x"),
    ]
    first, second, third = map(spool_name, names)
    assert first == second != third
