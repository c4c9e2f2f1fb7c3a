"""A wheel carries the dashboard where it is built, and can be built where it is not; `logmesh up` finds either."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from scripts.node import ROOT

from logmesh.cli import up

SOURCES = ("pyproject.toml", "README.md", "LICENSE", "services/logmesh", "scripts/wheel_dashboard.py")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    for name in SOURCES:
        source, target = ROOT / name, tmp_path / "clone" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return tmp_path / "clone"


def wheel(clone: Path) -> list[str]:
    """The names of the files of a wheel that was built there."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(clone / "out"),
        str(clone),
    ]
    subprocess.run(command, check=True, timeout=100)
    (built,) = (clone / "out").glob("*.whl")
    return zipfile.ZipFile(built).namelist()


def test_a_built_dashboard_is_carried(clone: Path) -> None:
    (clone / "services/dashboard/dist/assets").mkdir(parents=True)
    (clone / "services/dashboard/dist/index.html").write_text("page")
    (clone / "services/dashboard/dist/assets/index.js").write_text("script")
    assert {"logmesh/dashboard/index.html", "logmesh/dashboard/assets/index.js"} <= set(wheel(clone))


def test_none_is_needed(clone: Path) -> None:
    names = wheel(clone)
    assert "logmesh/cli/up.py" in names
    assert [name for name in names if name.startswith("logmesh/dashboard")] == []


@pytest.mark.parametrize("where", ["dashboard/dist", "logmesh/dashboard"])
def test_it_is_found_in_a_clone_and_in_an_installed_package(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(up, "__file__", str(tmp_path / "logmesh/cli/up.py"))
    assert up.built_dashboard() is None
    (tmp_path / where).mkdir(parents=True)
    (tmp_path / where / "index.html").write_text("page")
    assert up.built_dashboard() == tmp_path / where
