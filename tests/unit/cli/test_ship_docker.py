"""Where `logmesh ship --docker` looks, and what it says where it finds nothing."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from logmesh.cli.local.errors import LocalError
from logmesh.cli.local.run_state import RunState
from logmesh.cli.ship import ShipOptions, ship_settings, with_docker
from logmesh.cli.ship_docker import DEFAULT_ROOT, command_again
from logmesh.cli.ship_spools import share_with_owner

RUNNING = RunState(1, "g", "ipv4:127.0.0.11:50052", [], "c.crt", "c.key", "ca.crt", "d", {})
ID = "4f2a8c0e" * 8


def options(root: Path, *files: str) -> ShipOptions:
    return ShipOptions(list(files), "", root / "data", docker_root=root)


@pytest.fixture
def without_rights() -> Iterator[None]:
    """As a user who is not root, where the tests are run by root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_every_container_s_log_is_followed_and_no_service_is_needed(tmp_path: Path) -> None:
    log = tmp_path / "containers" / ID / f"{ID}-json.log"
    log.parent.mkdir(parents=True)
    log.touch()
    given = with_docker(options(tmp_path))
    settings = ship_settings(given, RUNNING, Path("spool"))
    assert settings.files == [f"{tmp_path}/containers/*/*-json.log*"]
    assert (settings.source, settings.service) == ("file", "")
    assert "Docker's containers on" in settings.name


def test_no_log_is_something_to_say_unless_one_may_come(tmp_path: Path) -> None:
    (tmp_path / "containers" / ID).mkdir(parents=True)
    with pytest.raises(LocalError, match="none of the 1 containers below"):
        with_docker(options(tmp_path))
    assert with_docker(replace(options(tmp_path), follow=True)).files


def test_a_folder_that_is_not_there_is_said_with_the_option_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="--docker-root"):
        with_docker(options(tmp_path))


def test_a_folder_of_root_is_said_with_the_command_for_root(without_rights: None) -> None:
    root = Path("/root") if Path("/root").is_dir() else DEFAULT_ROOT
    with pytest.raises(LocalError, match=rf"is for root alone: sudo .* ship --docker --data-dir {root}/data"):
        with_docker(options(root))


def test_files_are_for_a_command_of_their_own(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=r"app\.log is for a command of its own"):
        with_docker(options(tmp_path, "app.log"))


def test_the_command_for_another_user_names_every_folder() -> None:
    again = command_again(Path("/home/a b"), Path("/mnt/docker"), "--follow")
    assert again.endswith(" ship --docker --data-dir '/home/a b' --docker-root /mnt/docker --follow")


def test_the_folder_of_spools_belongs_to_whom_the_data_folder_does(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        os.chown(tmp_path, 65534, 65534)
    share_with_owner(tmp_path / "ship")
    assert (tmp_path / "ship").stat().st_uid == tmp_path.stat().st_uid
