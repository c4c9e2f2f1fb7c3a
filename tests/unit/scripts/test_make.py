"""What each verb of make would do on a machine where nothing is installed yet."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def commands(verb: str, venv: Path) -> str:
    done = subprocess.run(
        ["make", "--dry-run", f"VENV={venv}", verb], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
    )
    return done.stdout


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_up_installs_what_runs_and_tests_what_they_take_on_top(tmp_path: Path) -> None:
    up, test, lint = (commands(verb, tmp_path / "venv") for verb in ("up", "test", "lint"))
    assert "-r requirements/local.txt" in up and "logmesh up" in up
    assert "requirements/dev.txt" not in up
    for verb in (test, lint):
        assert verb.index("-r requirements/local.txt") < verb.index("-r requirements/dev.txt")


@pytest.mark.parametrize("smaller", ["build", "local"])
def test_what_is_installed_first_is_of_the_same_versions(smaller: str) -> None:
    def pins(name: str) -> set[str]:
        lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
        return {line.split(" \\")[0].split(";")[0].strip() for line in lines if "==" in line and line[0].isalnum()}

    assert pins(smaller) and pins(smaller) <= pins("dev")
