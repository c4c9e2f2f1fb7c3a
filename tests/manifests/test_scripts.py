"""The shell scripts explain themselves, and refuse with a line that names what is missing."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from scripts.node import ROOT

SCRIPTS = sorted(ROOT.glob("scripts/*.sh"))
# What a script can ask of any machine.
PLAIN = (
    "bash",
    "basename",
    "cat",
    "dirname",
    "grep",
    "mktemp",
    "rm",
    "sed",
    "tr",
    "od",
    "printf",
    "env",
    "awk",
    "head",
)
# Arguments without which a script only explains itself.
NEEDED = {"restore.sh": ("latest",)}


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """An environment whose PATH has neither kubectl nor docker nor kind nor helm nor Go."""
    for name in PLAIN:
        if found := shutil.which(name):
            (tmp_path / name).symlink_to(found)
    return {"PATH": str(tmp_path), "HOME": str(tmp_path)}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_help_tells_what_it_does_and_takes(script: Path, bare: dict[str, str]) -> None:
    done = run(script, "--help", environment=bare)
    assert done.returncode == 0, done.stderr
    assert f"usage: scripts/{script.name}" in done.stdout.replace("Usage", "usage")
    # Each option that the script reads is in its help.
    for option in set(re.findall(r"^\s+(--[a-z-]+)(?=[)=])", script.read_text(), re.MULTILINE)):
        assert option in done.stdout, option


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_missing_tool_is_named(script: Path, bare: dict[str, str]) -> None:
    done = run(script, *NEEDED.get(script.name, ()), environment=bare)
    assert done.returncode not in {0, 127}
    assert re.search(rf"^{re.escape(script.name)}: (docker|kubectl|helm|kind|go) ", done.stderr, re.MULTILINE), (
        done.stderr
    )


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_an_unknown_argument_is_refused(script: Path, bare: dict[str, str]) -> None:
    done = run(script, "--no-such-option", environment=bare)
    assert done.returncode not in {0, 127}
    assert "--no-such-option" in done.stderr


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_stop_at_errors(script: Path) -> None:
    assert os.access(script, os.X_OK)
    assert script.read_text().startswith("#!/usr/bin/env bash\n")
    assert "\nset -euo pipefail\n" in script.read_text()


def run(script: Path, *arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(script), *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
