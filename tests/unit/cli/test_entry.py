"""The console script: Ctrl-C ends it quietly even while Python still imports."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]
INTERRUPTED_WHILE_IMPORTING = """
import importlib, os, signal, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "grpc":
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
sys.meta_path.insert(0, Finder())
module, function = sys.argv.pop(1).split(":")
getattr(importlib.import_module(module), function)()
print("it went on")
"""


def test_ctrl_c_during_the_imports_is_quiet_and_130() -> None:
    entry = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]["logmesh"]
    command = [sys.executable, "-c", INTERRUPTED_WHILE_IMPORTING, entry, "--version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
