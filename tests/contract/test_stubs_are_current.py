"""The committed stubs say what the protos say."""

import shutil
from pathlib import Path

from scripts.generate_stubs import ROOT, stale


def test_committed_stubs_are_what_the_protos_generate() -> None:
    assert stale(ROOT / "protos", ROOT / "services") == []


def test_a_changed_proto_makes_its_stubs_stale(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "protos", tmp_path / "protos")
    record = tmp_path / "protos/logmesh/v1/record.proto"
    record.write_text(record.read_text().replace("string body = 6;", "string body = 6;\n  string extra = 99;"))
    assert "record_pb2.py" in stale(tmp_path / "protos", ROOT / "services")
