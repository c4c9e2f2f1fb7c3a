"""Attributes in their one form: every text as `check_body` judges it, whatever its neighbours are."""

from hypothesis import example, given
from hypothesis import strategies as st

from logmesh.lake.writing.attributes import formed_origin, one_form
from logmesh.record.entry import EntryRefused, check_body
from logmesh.record.json_text import load_exact_json
from logmesh.v1.record_pb2 import Origin

PIECES = st.lists(
    st.sampled_from(
        ['{', '}', '{"a":', '"b":', '[', ']', ',', '1', '1.0', '1.50', '-0', '1e3', '1e+16', '1e400', '9007199254740993',
         '18446744073709551616', '"x"', '"é"', r'"\u00e9"', r'"\u0000"', r'"\ud800"', 'true', 'null', 'NaN', '-Infinity', ' ']
    ),
    max_size=12,
)  # fmt: skip
TEXTS = st.lists(
    PIECES.map(lambda pieces: "".join(pieces).encode())
    | PIECES.map(lambda pieces: f'{{"k":{"".join(pieces)}}}'.encode())
    | st.sampled_from([b"", b'{"a":1}', b'{"a":1,"a":2}', b'{"a":1,}', b'{"a":[{}', b"{}]}", b"{}]},{}", b"\xff"]),
    max_size=6,
)


@given(TEXTS)
@example([b'{"a":[{}', b"{}]},{}"])
@example([b'{"a":' + b"[" * 300 + b"]" * 300 + b"}", b'{"a":1}'])
@example([b"{" + b",".join(b'"%d":0' % at for at in range(129)) + b"}"])
@example([b'{"a":"' + b"x" * (64 << 10) + b'"}'])
def test_each_text_is_judged_as_if_it_were_alone(texts: list[bytes]) -> None:
    formed, bad, _ = one_form(texts)
    for at, text in enumerate(texts):
        if (reason := _refused(text)) or not text:
            assert bad.get(at, "") == reason and formed[at] == text
            continue
        assert at not in bad
        assert load_exact_json(formed[at]) == load_exact_json(check_body(b"", text)[1])
        assert one_form([formed[at]])[:2] == ([formed[at]], {})


def _refused(text: bytes) -> str:
    try:
        check_body(b"", text)
    except EntryRefused as error:
        return str(error)
    return ""


def test_what_means_the_same_is_written_the_same() -> None:
    alike = [b'{"a":1,"a":2}', b'{"a": 2}', b'{"a":2e0}', b' {"\\u0061" : 2}', b'{"a":2}']
    assert one_form(alike)[:2] == ([b'{"a":2}'] * 5, {})
    large = [b'{"n":1e22}', b'{"n":1e+22}', b'{"n":10000000000000000000000}']
    assert one_form(large)[:2] == ([b'{"n":10000000000000000000000}'] * 3, {})


def test_texts_are_well_by_the_thousand() -> None:
    texts = [b'{"user":"u%d","status":%d}' % (at, 200 + at % 5) for at in range(3_000)]
    texts[1_500] = b'{"user":"u1500",}'
    formed, bad, _ = one_form(texts)
    assert bad == {1_500: "attributes are not valid JSON"}
    assert formed[:1_500] == texts[:1_500] and formed[1_501:] == texts[1_501:]


def test_a_resource_is_in_the_one_form() -> None:
    origin = formed_origin(Origin(service_name=b"s", resource_attributes=b'{"b": 1e3, "a":{}}'))
    assert (origin.service, origin.resource) == ("s", '{"b":1000,"a":{}}')
    assert formed_origin(Origin(resource_attributes=b"{oops")).resource == '{"logmesh.invalid":"{oops"}'
