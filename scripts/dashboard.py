"""Builds, checks and tests services/dashboard; each verb does no more than what changed makes necessary.

`build` ends well whatever happens, because the rest of Logmesh runs without a dashboard: one line says what is missing. The
other verbs fail as their tools do. Without a Node they say so and end well, except where CI=true.
"""

import argparse
import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from scripts.node import ROOT, Node, NodeMissing, require_node

DASHBOARD = ROOT / "services" / "dashboard"
MODULES = DASHBOARD / "node_modules"
DIST = DASHBOARD / "dist"
_INSTALLED, _BUILT = MODULES / ".installed-from", MODULES / ".built-from"
_INSTALL_LIMIT_SECONDS = 600
_BUILD_LIMIT_SECONDS = 300
_CONFIGURATION = ("index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts")
CHECKS = (("tsc", "--noEmit"), ("oxlint", "--deny-warnings"))
TESTS = (("vitest", "run"),)


class BuildFailed(Exception):
    """npm or Vite failed. Its text is one line for a person; the tool's output is in `output`."""

    def __init__(self, sentence: str, output: str) -> None:
        super().__init__(sentence)
        self.output = output


def install(node: Node, *, to_build_only: bool = False) -> None:
    """Install the packages of package-lock.json, when it changed since the last time; those alone that a build takes, two fifths
    of all, or also those that check and test."""
    lock = DASHBOARD / "package-lock.json"
    every = digest([lock])
    wanted = f"{every} to build only" if to_build_only else every
    with lock.open() as mine:
        fcntl.flock(mine, fcntl.LOCK_EX)  # processes that run tests at once must not install at once
        if _read(_INSTALLED) in (every, wanted):
            return
        print("dashboard: installing its packages", flush=True)
        # No package of ours needs its install script, so none is run.
        command = [*node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        _run(node, [*command, "--omit=dev"] if to_build_only else command, _INSTALL_LIMIT_SECONDS)
        _INSTALLED.write_text(wanted)


def build(node: Node) -> None:
    """Build dist, when a source, the configuration or the packages changed since the last time."""
    wanted = digest(sources(DASHBOARD))
    if (DIST / "index.html").is_file() and _read(_BUILT) == wanted:
        return
    install(node, to_build_only=True)
    print("dashboard: building", flush=True)
    _run(node, ["vite", "build", "--logLevel", "warn"], _BUILD_LIMIT_SECONDS)
    _BUILT.write_text(wanted)


def sources(dashboard: Path) -> Iterator[Path]:
    """Every file that a build reads. Tests are none of them."""
    yield from (dashboard / name for name in _CONFIGURATION)
    for folder in ("src", "public"):
        yield from (path for path in (dashboard / folder).rglob("*") if path.is_file() and ".test." not in path.name)


def digest(files: Iterable[Path]) -> str:
    """What identifies these files: their names and their content, whenever they were written."""
    total = hashlib.sha256()
    for path in sorted(files):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(DASHBOARD) if path.is_relative_to(DASHBOARD) else path} {content}\n".encode())
    return total.hexdigest()


def _read(stamp: Path) -> str | None:
    return stamp.read_text() if stamp.is_file() else None


def _run(node: Node, command: list[str], limit_seconds: int) -> None:
    try:
        done = subprocess.run(
            command, cwd=DASHBOARD, env=node.environment(MODULES / ".bin"), timeout=limit_seconds,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as late:
        raise BuildFailed(f"{Path(command[0]).name} did not end in {limit_seconds} s", str(late.stdout or "")) from late
    if done.returncode:
        raise BuildFailed(f"{' '.join(Path(word).name for word in command[:2])} failed", done.stdout)


def _build_if_possible() -> int:
    try:
        build(require_node())
    except (NodeMissing, BuildFailed) as failure:
        if isinstance(failure, BuildFailed):
            log = DASHBOARD / "build.log"
            log.write_text(failure.output)
            failure = BuildFailed(f"{failure}, see {log.relative_to(ROOT)}", "")
        kept = "the one built before is served" if (DIST / "index.html").is_file() else "everything else runs"
        print(f"dashboard: not built: {failure}; {kept}", file=sys.stderr)
    return 0


def _tools(commands: Iterable[tuple[str, ...]]) -> int:
    """Run each of the dashboard's own tools, all of them, also after one failed."""
    try:
        node = require_node()
        install(node)
    except NodeMissing as missing:
        print(f"dashboard: not checked: {missing}", file=sys.stderr)
        return int(os.environ.get("CI") == "true")
    except BuildFailed as failure:
        print(f"dashboard: {failure}\n{failure.output}", file=sys.stderr)
        return 1
    environment = node.environment(MODULES / ".bin")
    codes = [subprocess.run(command, cwd=DASHBOARD, env=environment, check=False).returncode for command in commands]
    return int(any(codes))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=("build", "install", "lint", "test"))
    verb = parser.parse_args().verb
    if verb == "build":
        return _build_if_possible()
    return _tools({"install": (), "lint": CHECKS, "test": TESTS}[verb])


if __name__ == "__main__":
    sys.exit(main())
