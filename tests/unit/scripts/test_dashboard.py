"""The dashboard is built when a source changed, and what stands in the way is said in one line."""

import os
from pathlib import Path

import pytest
from scripts import dashboard, node


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sources of a dashboard, with an npm and a Vite that do as the test says."""
    folder = tmp_path / "services" / "dashboard"
    for name in ("index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts", "src/main.tsx"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    monkeypatch.setattr(dashboard, "ROOT", tmp_path)
    monkeypatch.setattr(dashboard, "DASHBOARD", folder)
    monkeypatch.setattr(dashboard, "MODULES", folder / "node_modules")
    monkeypatch.setattr(dashboard, "DIST", folder / "dist")
    monkeypatch.setattr(dashboard, "_INSTALLED", folder / "node_modules" / "installed")
    monkeypatch.setattr(dashboard, "_BUILT", folder / "node_modules" / "built")
    (folder / "node_modules").mkdir()
    return folder


def tool(clone: Path, script: str) -> node.Node:
    """A Node whose npm does nothing and whose Vite is `script`."""
    for name, does in (("npm", "echo npm >> calls"), ("vite", f"echo vite >> calls; {script}")):
        path = clone / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{does}\n")
        path.chmod(0o755)
    return node.Node(clone / "bin" / "node", (str(clone / "bin" / "npm"),))


WRITES = "mkdir -p dist && echo built > dist/index.html"


def test_it_is_built_again_only_when_a_source_changed(clone: Path) -> None:
    tools = tool(clone, WRITES)
    for _ in range(2):
        dashboard.build(tools)
    assert (clone / "calls").read_text().split() == ["npm", "vite"]
    (clone / "src/main.tsx").write_text("changed")
    (clone / "src/main.test.tsx").write_text("a test is no source")
    for _ in range(2):
        dashboard.build(tools)
    assert (clone / "calls").read_text().split() == ["npm", "vite", "vite"]
    os.utime(clone / "src/main.tsx", (1, 1))
    dashboard.build(tools)
    assert (clone / "calls").read_text().split() == ["npm", "vite", "vite"]


def test_packages_are_installed_again_only_when_the_lock_changed(clone: Path) -> None:
    tools = tool(clone, WRITES)
    dashboard.build(tools)
    (clone / "package-lock.json").write_text("changed")
    dashboard.build(tools)
    assert (clone / "calls").read_text().split() == ["npm", "vite", "npm", "vite"]


def test_a_build_installs_only_what_it_takes_and_a_test_the_rest(clone: Path) -> None:
    tools = tool(clone, WRITES)
    (clone / "bin/npm").write_text('#!/bin/sh\necho "$@" >> calls\n')
    dashboard.build(tools)
    dashboard.install(tools)
    (clone / "src/main.tsx").write_text("changed")
    dashboard.build(tools)
    build, test = [line for line in (clone / "calls").read_text().splitlines() if line != "vite"]
    assert "--omit=dev" in build.split() and "--omit=dev" not in test.split()


def test_a_failed_build_is_one_line_and_no_error(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dashboard, "require_node", lambda: tool(clone, "echo no such import; exit 1"))
    monkeypatch.setattr("sys.argv", ["dashboard", "build"])
    assert dashboard.main() == 0
    assert capsys.readouterr().err == (
        "dashboard: not built: vite build failed, see services/dashboard/build.log; everything else runs\n"
    )
    assert (clone / "build.log").read_text() == "no such import\n"


def test_a_missing_node_is_one_line_and_no_error(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing() -> node.Node:
        raise node.NodeMissing("Node 20 or newer is missing")

    monkeypatch.setattr(dashboard, "require_node", missing)
    monkeypatch.setattr("sys.argv", ["dashboard", "build"])
    assert dashboard.main() == 0
    assert capsys.readouterr().err == "dashboard: not built: Node 20 or newer is missing; everything else runs\n"


@pytest.mark.parametrize(
    ("version", "found"), [("v18.20.4", False), ("v20.0.0", True), ("v100.1.0", True), ("", False)]
)
def test_a_node_on_path_is_taken_when_it_is_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, found: bool
) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {version}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(node, "_in_wheel", lambda: None)
    assert (node.find_node() is not None) == found
