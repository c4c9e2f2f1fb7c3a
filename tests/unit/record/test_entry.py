"""One record on the strict path: stored as it is, mended without losing a byte, or refused with a reason."""

import base64

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmesh.processor.entries import are_plain
from logmesh.record.entry import ATTRIBUTES_TEXT_KEY, RAW_BODY_KEY, EntryRefused, check_body, count_texts
from logmesh.record.limits import MAX_ATTRIBUTES, MAX_ATTRIBUTES_BYTES, MAX_BODY_BYTES


@given(st.binary(max_size=200))
def test_any_body_is_stored_as_text_and_can_be_had_back(body: bytes) -> None:
    stored, attributes = check_body(body, b"")
    text = stored.decode()
    assert "\0" not in text
    if attributes:
        assert base64.b64decode(orjson.loads(attributes)[RAW_BODY_KEY]) == body
    else:
        assert stored == body


def test_mending_keeps_the_attributes_there_are() -> None:
    body, attributes = check_body(b"a\0\xff", b'{"k":[1,2]}')
    assert body == b"a\\x00\\xff"
    assert orjson.loads(attributes) == {"k": [1, 2], RAW_BODY_KEY: base64.b64encode(b"a\0\xff").decode()}


@given(st.binary(max_size=300))
def test_any_attributes_are_an_object_afterwards_or_refused(text: bytes) -> None:
    try:
        _, attributes = check_body(b"", text)
    except EntryRefused:
        return
    assert attributes == b"" or isinstance(orjson.loads(attributes), dict)
    assert b"\0" not in attributes


@pytest.mark.parametrize(
    ("body", "attributes", "reason"),
    [
        (b"x" * (MAX_BODY_BYTES + 1), b"", "body over 256 KiB"),
        (b"", b"[]", "attributes are not a JSON object"),
        (b"", b'{"a":"' + b"x" * MAX_ATTRIBUTES_BYTES + b'"}', "attributes over 64 KiB"),
        (b"", orjson.dumps({str(at): at for at in range(MAX_ATTRIBUTES + 1)}), "more than 128 attributes"),
        (b"", b'{"a":NaN}', "attributes are not valid JSON"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_a_reason(body: bytes, attributes: bytes, reason: str) -> None:
    with pytest.raises(EntryRefused, match=f"^{reason}$"):
        check_body(body, attributes)


def test_the_limits_themselves_are_allowed() -> None:
    check_body(b"x" * MAX_BODY_BYTES, orjson.dumps({str(at): at for at in range(MAX_ATTRIBUTES)}))


@pytest.mark.parametrize(
    "text",
    [
        rb'{"a":"b\u0000c"}',
        rb'{"\u0000":1}',
        rb'{"a":{"b":["\u0000"]}}',
        rb'{"a":"\ud800"}',
        rb'{"\udc00":1}',
        b'{"a":' + b"[" * 254 + b"]" * 254 + b"}",
        b'{"a":' * 9_000 + b"1" + b"}" * 9_000,
        b'{"a":1e200000}',
        b'{"a":[-1e99999999999999999999]}',
        b'{"a":1e-20000}',
        b'{"a":1e131071}',
        b'{"a":[' + b"1e131071," * 7_000 + b"1]}",
        b'{"a":[' + b"1e308," * 9_000 + b"1]}",
        b'{"a":[' + b"1E-300 ," * 7_000 + b"1]}",
        b'{"a":[' + b"0e-16000," * 7_000 + b"1]}",
        b'{"a":1e' + b"0" * 5_000 + b"9" * 5_000 + b"}",
    ],
)
def test_attributes_that_no_database_takes_are_kept_as_their_text(text: bytes) -> None:
    body, attributes = check_body(b"line", text)
    assert body == b"line"
    assert orjson.loads(attributes) == {ATTRIBUTES_TEXT_KEY: text.decode()}
    assert count_texts([attributes, b"", b'{"a":1}']) == 1
    again = check_body(b"\0", text)[1]
    assert orjson.loads(again) == {ATTRIBUTES_TEXT_KEY: text.decode(), RAW_BODY_KEY: "AA=="}
    assert count_texts([again]) == 1


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":123456789012345678901234567890,"b":1e400,"c":0.12345678901234567890}',
        b'{"a":1.0, "b" : 1e3}',
        b'{"a":[' + b"1.7976931348623157e+308,5e-324," * 6 + b"1]}",
        b'{"a":' + b"1" * 60_000 + b"}",
        b'{"a":"' + b"1e131071," * 7_000 + b'"}',
        rb'{"a":"\\u0000","b":"\ud83d\ude00"}',
        b'{"a":' + b"[" * 253 + b"]" * 253 + b"}",
    ],
)
def test_attributes_that_can_be_stored_stay_as_they_are(text: bytes) -> None:
    assert check_body(b"", text) == (b"", text)


def test_mending_a_body_leaves_numbers_exact() -> None:
    _, attributes = check_body(b"\0", b'{"a":123456789012345678901234567890,"b":14504480022609924.0}')
    assert attributes.startswith(b'{"a":123456789012345678901234567890,"b":14504480022609924.0,')


@pytest.mark.parametrize("number", ["1e131071", "-1.5E+99 ", "1e-300", "1e00000000000000000099", "2e10\n"])
def test_an_exponent_of_many_digits_makes_an_entry_one_to_be_looked_at(number: str) -> None:
    others = [b'{"id":"0e984725-9d1e-4000-8e75-1e1234567e89"}', b'{"a":1e5,"b":1.5e-07}', b""]
    assert are_plain([b""] * 3, others)
    for written in (f'{{"a":{number}}}', f'{{"a":[1,{number},2]}}', f'{{"a":[{number}]}}'):
        assert not are_plain([b""] * 4, [*others, written.encode()])


def test_depth_makes_an_entry_one_to_be_looked_at() -> None:
    deep, shallow = b'{"a":' + b"[" * 254 + b"]" * 254 + b"}", b'{"a":' + b"[" * 253 + b"]" * 253 + b"}"
    assert are_plain([b""], [shallow])
    assert not are_plain([b"", b""], [b"", deep])
