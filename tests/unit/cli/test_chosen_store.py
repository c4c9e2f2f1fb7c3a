"""A data folder keeps the store that it was begun with."""

from pathlib import Path

import pytest

from logmesh.cli.local.chosen_store import choose_store, remember_store
from logmesh.cli.local.errors import LocalError


def test_a_new_folder_gets_what_is_asked_for_and_rows_else(tmp_path: Path) -> None:
    assert choose_store(tmp_path, None, fresh=False) == "rows"
    assert choose_store(tmp_path, "lake", fresh=False) == "lake"


def test_a_folder_keeps_its_store(tmp_path: Path) -> None:
    remember_store(tmp_path, "lake")
    assert choose_store(tmp_path, None, fresh=False) == "lake"
    with pytest.raises(LocalError, match="has a lake, whose records would not be found with --store rows"):
        choose_store(tmp_path, "rows", fresh=False)
    assert choose_store(tmp_path, "rows", fresh=True) == choose_store(tmp_path, None, fresh=True) == "rows"


def test_a_folder_of_a_release_that_remembered_nothing_has_rows_and_may_get_a_lake(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    assert choose_store(tmp_path, None, fresh=False) == choose_store(tmp_path, "rows", fresh=False) == "rows"
    assert choose_store(tmp_path, "lake", fresh=False) == "lake"
