"""The Job that makes VolumeSnapshots waits for one that is on its way, and keeps neither failed ones nor too many."""

import importlib.util
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from scripts.node import ROOT

SCRIPT = ROOT / "manifests" / "components" / "snapshots" / "snapshot.py"


class Collection:
    """Snapshots as the API server has them; what is asked for is ready at once unless its driver is slow."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.is_slow = False

    def add(self, name: str, *, hours_ago: float, **status: Any) -> None:
        made = datetime.now(UTC) - timedelta(hours=hours_ago)
        self.items[name] = {
            "metadata": {"name": name, "creationTimestamp": f"{made:%Y-%m-%dT%H:%M:%SZ}"},
            "status": status,
        }

    def ask(self, method: str, path: str = "", body: dict[str, Any] | None = None) -> dict[str, Any]:
        if method == "POST":
            assert body
            self.add(body["metadata"]["name"], hours_ago=0, readyToUse=not self.is_slow)
        if method == "DELETE":
            del self.items[path.removeprefix("/")]
        return {"items": list(self.items.values())}


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("snapshot", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, value in {"CLAIM": "data", "SNAPSHOT_CLASS": "logmesh", "KEEP": "2"}.items():
        monkeypatch.setenv(name, value)
    return module


@pytest.fixture
def collection(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Collection:
    made = Collection()
    monkeypatch.setattr(script, "ask", made.ask)
    return made


def test_the_newest_ready_ones_are_kept(script: ModuleType, collection: Collection) -> None:
    for day in (1, 2, 3):
        collection.add(f"data-2026010{day}", hours_ago=24 * (9 - day), readyToUse=True)
    assert script.main() == 0
    old, new = collection.items
    assert old == "data-20260103"
    assert collection.items[new]["status"]["readyToUse"]


def test_one_that_is_on_its_way_is_waited_for_and_no_other_is_made(
    script: ModuleType, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection.add("data-20260101", hours_ago=6, readyToUse=True)
    collection.add("data-20260102", hours_ago=1)
    monkeypatch.setattr(
        script.time, "sleep", lambda _: collection.items["data-20260102"]["status"].update(readyToUse=True)
    )
    assert script.main() == 0
    assert list(collection.items) == ["data-20260101", "data-20260102"]


def test_failed_ones_do_not_pile_up(
    script: ModuleType, collection: Collection, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(script, "LIMIT_SECONDS", 0)
    collection.add("data-20260101", hours_ago=90, readyToUse=True)
    collection.add("data-20260102", hours_ago=7)
    collection.add("data-20260103", hours_ago=1, error={"message": "quota exceeded"})
    collection.is_slow = True
    assert script.main() == 1
    said = capsys.readouterr()
    assert "removed data-20260103: quota exceeded" in said.out
    assert "is not ready" in said.err
    kept, pending = collection.items
    assert kept == "data-20260101"
    assert not collection.items[pending]["status"]["readyToUse"]
