"""Which texts of attributes are known by their shape: never one that is not in the one form by itself."""

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from logmesh.lake.writing.shapes import without_known
from logmesh.record.limits import MAX_ATTRIBUTES_BYTES

KNOWN = [b'{"a":"x%d","n":%d}' % (at, at - 500) if at % 3 else b'{"b":true,"c":null}' for at in range(1_000)]
HALVES = [b'{"a":"x', b'","n":1}', b'{"a":', b'","n":1', b'"c":null}', b"}", b"{", b",", b'"', b'"\n', b"\n", b"\\"]
TEXTS = st.one_of(
    st.lists(st.sampled_from(HALVES), min_size=1, max_size=4).map(b"".join),
    st.sampled_from(KNOWN),
    st.dictionaries(
        st.sampled_from("anbc"),
        st.none()
        | st.booleans()
        | st.integers(-(1 << 63), (1 << 64) - 1)
        | st.floats()
        | st.text('aé"\\\n\x01,:{}', max_size=5),
    ).map(orjson.dumps),
    st.binary(min_size=1, max_size=12).map(lambda some: b'{"a":"%b","n":0}' % some),
)


@given(st.lists(TEXTS, min_size=1, max_size=5), st.integers(0, len(KNOWN)))
@example([b'{"a":"x', b'","n":1}'], 7)  # the separator's quote ends a string
@example([b'{"a":', b'","n":1}'], 7)  # it begins one
@example([b'{"a":"\n","n":1}'], 7)
@example([b'{"a":"x","a":"y"}', b'{"a":"x","n":01}', b'{"a":"x","n":-0}', b'{"a":"x","n":1.0}'], 7)
@example([b'{"a":"x","n":9999999999999999999999}', b'{"a":"\\u0041","n":1}', b'{"a":"\xff","n":1}'], 7)
def test_what_is_known_is_in_the_one_form_by_itself(others: list[bytes], at: int) -> None:
    texts = [*KNOWN[:at], *others, *KNOWN[at:]]
    left = set(without_known(texts))
    assert all(_is_formed(text) for place, text in enumerate(texts) if place not in left)
    assert not left & {place for place, text in enumerate(texts) if text in KNOWN} or len(left) == len(texts)


def _is_formed(text: bytes) -> bool:
    try:
        return isinstance(value := orjson.loads(text), dict) and orjson.dumps(value) == text
    except ValueError:
        return False


def test_few_shapes_are_known_and_others_left() -> None:
    others = {3: b'{"a":{}}', 4: b'{"z":1}', 900: b'{"a":1.5,"n":1}', 999: b'{"a":"\\n","n":1}'}
    texts = [others.get(at, text) for at, text in enumerate(KNOWN)]
    assert list(without_known(KNOWN)) == []
    assert list(without_known(texts)) == list(others)
    assert list(without_known(['{"é":"ü"}'.encode()] * 500)) == []


def test_shapes_may_begin_alike() -> None:
    endings = [b"}", b',"c":null}', b',"c":true}', b',"c":null,"d":0}', b',"d":""}']
    texts = [b'{"a":1,"b":"%d"%b' % (at, endings[at % 5]) for at in range(1_000)]
    texts[500] = b'{"a":1,"b":"","d":"","c":null}'
    assert list(without_known(texts)) == [500]


@pytest.mark.parametrize("value", ["é", "x" * 300, '\\"', ""])
def test_a_key_is_found_whatever_is_in_it(value: str) -> None:
    assert list(without_known([orjson.dumps({f"{value}.*": 1, value: ""})] * 500)) == []


def test_too_many_shapes_are_not_looked_for() -> None:
    texts = [b'{"k%d":1}' % (at % 20) for at in range(1_000)]
    assert list(without_known(texts)) == list(range(1_000))


def test_a_large_text_is_left() -> None:
    texts = [b'{"a":"%b"}' % (b"x" * 9), b'{"a":"%b"}' % (b"x" * MAX_ATTRIBUTES_BYTES)] + [b'{"a":"y"}'] * 500
    assert 1 in without_known(texts)
    assert without_known([]) == range(0)
