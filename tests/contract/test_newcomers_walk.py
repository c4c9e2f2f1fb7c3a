"""ARCHITECTURE.md's walk: each file that it names is there, and is used by one before it in its line."""

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "services" / "logmesh"
_, _, _TEXT = (ROOT / "ARCHITECTURE.md").read_text("utf-8").partition("## A newcomer's walk")
WALKS = [re.findall(r"`([a-z_/]+(?:\.sql)?)`", line) for line in _TEXT.partition("\n## ")[0].split("\n- ")[1:]]
STEPS = [(walk[:at], name) for walk in WALKS for at, name in enumerate(walk)]


def test_a_batch_and_a_query_are_walked_with() -> None:
    assert len(WALKS) == 4
    assert all(len(walk) >= 10 for walk in WALKS)
    assert all(one != other for walk in WALKS for one, other in pairwise(walk))


@pytest.mark.parametrize(("before", "name"), STEPS, ids=[name for _, name in STEPS])
def test_each_file_is_there_and_one_before_it_uses_it(before: list[str], name: str) -> None:
    path = PACKAGE / name if name.endswith(".sql") else PACKAGE / f"{name}.py"
    assert path.is_file()
    if before:
        assert any(_uses(PACKAGE / f"{one}.py", name) for one in before if not one.endswith(".sql"))


def _uses(path: Path, name: str) -> bool:
    """Whether a module imports another, itself or by its package's name, or loads a statement."""
    tree = ast.parse(path.read_text("utf-8"))
    if name.endswith(".sql"):
        return any(isinstance(node, ast.Constant) and node.value == Path(name).stem for node in ast.walk(tree))
    package, _, last = f"logmesh.{name.replace('/', '.')}".rpartition(".")
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (
            node.module == f"{package}.{last}"
            or (node.module == package and any(alias.name == last for alias in node.names))
            or (node.module == package and path.name != "__init__.py" and _uses(_package_of(name), name))
        ):
            return True
    return False


def _package_of(name: str) -> Path:
    return PACKAGE / Path(name).parent / "__init__.py"
