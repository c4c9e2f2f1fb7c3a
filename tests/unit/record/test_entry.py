"""One record on the strict path: stored as it is, mended without losing a byte, or refused with a reason."""

import base64

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmesh.record.entry import RAW_BODY_KEY, EntryRefused, check_body
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
        (b"", b'{"a":' + b"[" * 500 + b"]" * 500 + b"}", "attributes are not valid JSON"),
        (b"", rb'{"a":{"b":["\u0000"]}}', "NUL in attributes"),
        (b"", rb'{"a":{"\u0000":1}}', "NUL in attributes"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_a_reason(body: bytes, attributes: bytes, reason: str) -> None:
    with pytest.raises(EntryRefused, match=f"^{reason}$"):
        check_body(body, attributes)


def test_the_limits_themselves_are_allowed() -> None:
    check_body(b"x" * MAX_BODY_BYTES, orjson.dumps({str(at): at for at in range(MAX_ATTRIBUTES)}))
