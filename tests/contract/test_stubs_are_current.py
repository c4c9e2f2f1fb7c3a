"""The committed stubs say what the protos say."""

import shutil
from pathlib import Path

import pytest
from scripts.dashboard import DASHBOARD
from scripts.generate_stubs import stale, stale_typescript
from scripts.node import ROOT, Node, find_node
from tests.needs import missing


@pytest.fixture
def node() -> Node:
    found = find_node()
    if found is None:
        missing("node")
    return found


def test_committed_stubs_are_what_the_protos_generate() -> None:
    assert stale(ROOT / "protos", ROOT / "services") == []


def test_a_changed_proto_makes_its_stubs_stale(tmp_path: Path) -> None:
    assert "record_pb2.py" in stale(changed_protos(tmp_path), ROOT / "services")


def test_committed_typescript_stubs_are_what_the_protos_generate(node: Node) -> None:
    assert stale_typescript(node, ROOT / "protos", DASHBOARD) == []


def test_a_changed_proto_makes_its_typescript_stub_stale(node: Node, tmp_path: Path) -> None:
    assert stale_typescript(node, changed_protos(tmp_path), DASHBOARD) == ["logmesh/v1/record_pb.ts"]


def changed_protos(folder: Path) -> Path:
    shutil.copytree(ROOT / "protos", folder / "protos")
    record = folder / "protos/logmesh/v1/record.proto"
    record.write_text(record.read_text().replace("string body = 6;", "string body = 6;\n  string extra = 99;"))
    return folder / "protos"
