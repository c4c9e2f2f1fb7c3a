"""A wheel carries the dashboard where it is built, and the reader where it is compiled; `logmesh up` finds the dashboard."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from scripts.node import ROOT

from logmesh.cli import up

SOURCES = ("pyproject.toml", "README.md", "LICENSE", "services/logmesh", "scripts/build_hook.py")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    for name in SOURCES:
        source, target = ROOT / name, tmp_path / "clone" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
        else:
            shutil.copy(source, target)
    return tmp_path / "clone"


def wheel(clone: Path, **environment: str) -> list[str]:
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
    subprocess.run(command, check=True, timeout=100, env={**os.environ, **environment})
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


@pytest.mark.needs("compiled reader")
def test_the_compiled_reader_of_otlp_is_carried(clone: Path) -> None:
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    assert f"logmesh/producer/receivers/otlp/reader{suffix}" in wheel(clone)


def test_no_compiler_is_needed(clone: Path) -> None:
    names = wheel(clone, PATH="")
    assert "logmesh/producer/receivers/otlp/compiled.py" in names
    assert [name for name in names if name.endswith(".so")] == []


@pytest.mark.parametrize("where", ["dashboard/dist", "logmesh/dashboard"])
def test_it_is_found_in_a_clone_and_in_an_installed_package(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(up, "__file__", str(tmp_path / "logmesh/cli/up.py"))
    assert up.built_dashboard() is None
    (tmp_path / where).mkdir(parents=True)
    (tmp_path / where / "index.html").write_text("page")
    assert up.built_dashboard() == tmp_path / where
