"""Which gateway a command asks."""

from pathlib import Path

import pytest

from logmesh.cli import gateway
from logmesh.cli.errors import CommandError
from logmesh.cli.gateway import DEFAULT_GATEWAY, find_gateway
from logmesh.cli.local.run_state import RunState, only_instance, write_run_state

RUNNING = RunState(1, "127.0.1.1:8080", "t", [], "c", "k", "a", "d", {})


def test_what_runs_in_the_data_folder_is_asked_unless_another_is_named(tmp_path: Path) -> None:
    with only_instance(tmp_path):
        write_run_state(tmp_path, RUNNING)
        assert find_gateway(None, tmp_path) == "127.0.1.1:8080"
        assert find_gateway("elsewhere:1", tmp_path) == "elsewhere:1"


def test_a_chosen_folder_where_nothing_runs_is_not_answered_by_another_system(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=f"nothing runs in {tmp_path}"):
        find_gateway(None, tmp_path)
    assert find_gateway("elsewhere:1", tmp_path) == "elsewhere:1"


def test_where_nothing_is_chosen_and_nothing_runs_it_is_localhost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "DEFAULT_DATA_DIR", tmp_path)
    assert find_gateway(None, tmp_path) == DEFAULT_GATEWAY
