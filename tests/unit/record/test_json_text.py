"""With orjson or without it, JSON says the same."""

import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from logmesh.record import json_text
from logmesh.record.json_text import JsonBeyondBounds, dump_json, load_exact_json, load_json

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


def test_many_short_texts_take_no_more_memory_than_they_are_long() -> None:
    program = (
        "import resource; from logmesh.record.json_text import dump_json\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak(); kept = [dump_json({'a': number}) for number in range(50_000)]; print(peak() - before)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert int(done.stdout) < 20 << 10  # KiB


numbers = (
    st.integers().map(str)
    | st.floats(allow_nan=False, allow_infinity=False).map(repr)
    | st.from_regex(r"-?(?:0|[1-9][0-9]{0,20})(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,3})?", fullmatch=True)
)
texts = st.recursive(
    numbers | st.sampled_from(['"a b, 1.50"', '"\\u00e9"', '"ea4e1"', "null"]),
    lambda inner: st.builds(
        lambda values, gap: "{" + f",{gap}".join(f'"{at}":{gap}{one}' for at, one in enumerate(values)) + "}",
        st.lists(inner, max_size=4),
        st.sampled_from(["", " ", "\n"]),
    ),
    max_leaves=8,
)


def _exactly(text: str) -> str:
    """The value with its types, which `==` does not tell apart."""
    try:
        return repr(load_exact_json(text.encode()))
    except JsonBeyondBounds as error:
        return str(error)


@given(texts)
@example("1e16")
@example('{"a": 1.9e+21}')
@example("[0.1, 12345678901234567890]")
@example("[0.30000000000000004, 0.3000000000000000444]")
def test_exact_numbers_are_the_same_however_they_are_spelled_and_read(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        quick = _exactly(text)
        patch.setattr(json_text, "orjson", None)
        assert quick == _exactly(text)


@pytest.mark.parametrize("orjson_is_there", [True, False])
@pytest.mark.parametrize("number", ["1e131071", "-1E+999", "1e-2000", "1e308"])
def test_what_is_read_is_not_much_longer_when_it_is_written_out(
    number: str, orjson_is_there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line of 64 KiB could be a gigabyte: for the process that reads it, and wherever it is stored."""
    if not orjson_is_there:
        monkeypatch.setattr(json_text, "orjson", None)
    with pytest.raises(JsonBeyondBounds):
        load_exact_json(f'{{"a":[0.1234567890123456789,{",".join([number] * 4_000)}]}}'.encode())


@pytest.mark.parametrize("orjson_is_there", [True, False])
@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_not_json_is_a_value_error(text: bytes, orjson_is_there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not orjson_is_there:
        monkeypatch.setattr(json_text, "orjson", None)
    with pytest.raises(ValueError):
        load_json(text)
