"""The list of tokens on the disk: as it was, for nobody else to read, and never half of it."""

import math
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmesh.producer.receivers.tokens import FILE, Known, TokenList
from logmesh.runtime.sender_tokens import digest_of
from logmesh.v1.receiver_service_pb2 import TokenDigest

KNOWN = st.builds(Known, st.text(), st.text(), st.just(math.inf) | st.floats(0, 1e11))


def test_what_the_gateway_says_is_known() -> None:
    ends = TokenDigest(id="a", sha256=digest_of("x"), tenant="acme")
    ends.expire_time.FromSeconds(1_800_000_000)
    found = TokenList.of("7", [ends, TokenDigest(id="b", sha256=digest_of("y"), tenant="globex")])
    assert found.version == "7"
    assert found.by_digest == {
        digest_of("x"): Known("a", "acme", 1_800_000_000.0),
        digest_of("y"): Known("b", "globex", math.inf),
    }


@given(st.text(), st.dictionaries(st.binary(min_size=32, max_size=32), KNOWN, max_size=5))
def test_a_list_comes_back_as_it_was_kept(
    tmp_path_factory: pytest.TempPathFactory, version: str, tokens: dict[bytes, Known]
) -> None:
    folder = tmp_path_factory.getbasetemp() / "kept"
    TokenList(version, tokens).save(folder)
    found = TokenList.load(folder)
    assert found is not None
    assert (found.version, found.by_digest) == (version, tokens)


def test_only_its_user_reads_the_file_whatever_a_run_before_left(tmp_path: Path) -> None:
    assert TokenList.load(tmp_path) is None
    for left in (tmp_path / FILE, tmp_path / f".{FILE}.{os.getpid()}"):
        left.write_text("half")
        left.chmod(0o666)
    TokenList("1", {digest_of("x"): Known("a", "acme", math.inf)}).save(tmp_path)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"version": "1"}',
        '{"version": "1", "tokens": [["zz", "a", "b", null]]}',
        '{"version":"1","tokens":3}',
    ],
)
def test_what_is_no_list_is_said_and_not_quoted(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(ValueError, match="is no list of tokens"):
        TokenList.load(tmp_path)
