"""What a machine lacks is skipped with the command that brings it, and fails where CI should have brought it."""

import pytest
from tests import needs


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has no program."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CI", raising=False)


def test_a_test_without_its_tool_is_skipped_and_told_what_brings_it(nowhere: None) -> None:
    with pytest.raises(pytest.skip.Exception, match="losses of power and failing disks: apt install gcc"):
        needs.require("C compiler")


def test_ci_fails_without_what_it_installs(nowhere: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="CI has no C compiler"):
        needs.require("C compiler")
    with pytest.raises(pytest.skip.Exception):
        needs.require("cluster")


def test_what_was_not_tried_is_counted_by_reason_most_first() -> None:
    skipped = ["Skipped: the chart: make tools", "Skipped: curl: apt install curl", "Skipped: the chart: make tools"]
    assert needs.not_tried(skipped) == ["    2 tests  the chart: make tools", "    1 test   curl: apt install curl"]
