"""With orjson or without it, JSON says the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmesh.record import json_text
from logmesh.record.json_text import dump_json, load_json

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_both_read_what_either_wrote(value: object) -> None:
    with pytest.MonkeyPatch.context() as patch:
        quick = dump_json(value)
        patch.setattr(json_text, "orjson", None)
        plain = dump_json(value)
        read = load_json(quick), load_json(plain)
    assert load_json(quick) == load_json(plain) == read[0] == read[1]


@pytest.mark.parametrize("orjson_is_there", [True, False])
@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_not_json_is_a_value_error(text: bytes, orjson_is_there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not orjson_is_there:
        monkeypatch.setattr(json_text, "orjson", None)
    with pytest.raises(ValueError):
        load_json(text)
