"""Finding the running system, and being the only one."""

from pathlib import Path

import pytest

from logmesh.cli.local.errors import LocalError
from logmesh.cli.local.run_state import RunState, only_instance, read_run_state, write_run_state

STATE = RunState(
    1, "127.0.0.1:50050", "ipv4:127.0.0.11:50052", ["127.0.0.11:50052"], "c", "k", "a", "d", {"gateway": "m"}
)


def test_a_running_system_is_found_and_a_stopped_one_is_not(tmp_path: Path) -> None:
    assert read_run_state(tmp_path) is None
    with only_instance(tmp_path):
        assert read_run_state(tmp_path) is None
        write_run_state(tmp_path, STATE)
        assert read_run_state(tmp_path) == STATE
    assert read_run_state(tmp_path) is None


def test_what_a_killed_run_left_behind_is_not_taken_for_a_running_one(tmp_path: Path) -> None:
    with only_instance(tmp_path):
        pass
    write_run_state(tmp_path, STATE)
    assert read_run_state(tmp_path) is None


def test_a_second_instance_is_told_of_the_first(tmp_path: Path) -> None:
    with only_instance(tmp_path), pytest.raises(LocalError, match="already runs in"), only_instance(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalError, match="can't use"), only_instance(tmp_path / "file/data"):
        pass
