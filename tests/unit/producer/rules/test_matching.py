"""Filters find in columns what they find in records."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.filters.test_fuzz import PIECES
from tests.unit.producer.rules.chunks import SHOP, TIME, chunk_of

from logmesh.filters import FilterError, compile_predicate, parse_filter
from logmesh.producer.rules.matching import compile_matcher
from logmesh.producer.rules.view import View
from logmesh.producer.sources import Chunk
from logmesh.record.columns import UNKNOWN_ORIGIN, ColumnsBuilder, OriginKey, records_from_columns

CONDITIONS = (
    "timeout", "ОШИБКА", "body = GET", 'body >= "b"', "body =~ ^GET", 'body =~ "(?i)time.?out"', "body =~ o{2}", "body:*", "gro*",
    "GROẞ", "service = shop", "service : UNK", "service =~ ^s", "instance:*", "instance = shop-0", "severity >= WARN", "severity = 0",
    f"time > {'2026-01-31'}", "time < 1970-01-02", "trace_id:*", f"trace_id = {'ab' * 16}", f"span_id = {'00' * 8}", "span_id:*",
    "attributes.status >= 500", "attributes.status = 503", "attributes.status : 5", "attributes.a.b = x", "attributes.a.b:*",
    'attributes."ü\\"" = true', "attributes.tags : blue", 'attributes.tags = "[1.0, \\"blue\\"]"', "attributes.a =~ ^x",
    "attributes.a:*",
    "attributes.took_ms > 10ms", "attributes.b.logmesh.bytes:*", 'attributes.b = "{\\"logmesh.bytes\\": \\"AQ==\\"}"',
    "attributes.n = 0",
    "attributes.n < 1e30", "attributes.n =~ 0$", "resource.k8s.pod.name = shop-0", "resource.n > 1",
)  # fmt: skip
BODIES = st.one_of(
    st.sampled_from(["GET", "a TimeOut of GET", "ошибка", "groß", "GROSS", "foo", "", "b\nGET"]), st.text(max_size=8)
).map(lambda text: text.replace("\0", " ").encode("utf-8", "replace"))
VALUES = st.one_of(
    st.sampled_from(
        ["x", "blue", True, None, 0, -0.0, 503, "503", "12 ms", 1e30, [1.0, "blue"], {"b": "x"}, {"logmesh.bytes": "AQ=="}]
    ),
    st.integers(-(10**25), 10**25), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=4),
)  # fmt: skip
NAMES = st.sampled_from(["status", "a", "a.b", "b", 'ü"', "tags", "took_ms", "n"])
ATTRIBUTES = st.one_of(
    st.just(b""),
    st.tuples(st.dictionaries(NAMES, VALUES, max_size=4), st.booleans()).map(
        lambda given: json.dumps(given[0], ensure_ascii=given[1]).encode("utf-8", "replace")
    ),
)
ORIGINS = st.sampled_from(
    [SHOP, UNKNOWN_ORIGIN, OriginKey(b"s", b"", b'{"n":2,"k8s.pod.name":"x"}'), OriginKey(*SHOP[:2])]
)
RECORDS = st.tuples(
    st.sampled_from([TIME, 1, 2 * TIME]), st.integers(0, 24), BODIES, ATTRIBUTES,
    st.sampled_from([b"", b"\xab" * 16, bytes(16)]), st.sampled_from([b"", b"\x01" * 8]), ORIGINS,
)  # fmt: skip


def matching(filter_text: str, chunk: Chunk, now: int = TIME) -> list[int]:
    return compile_matcher(parse_filter(filter_text))(View(chunk, now), range(len(chunk)))


@settings(max_examples=500)
@given(
    st.lists(RECORDS, min_size=1, max_size=6),
    st.lists(
        st.tuples(st.sampled_from(["", "NOT ", "-"]), st.sampled_from(CONDITIONS)).map("".join), min_size=1, max_size=4
    ),
    st.lists(st.sampled_from([" AND ", " OR ", " "]), min_size=3, max_size=3),
)
def test_records_are_found_as_the_predicate_finds_them(
    records: list[tuple[int, int, bytes, bytes, bytes, bytes, OriginKey]], conditions: list[str], joints: list[str]
) -> None:
    text = "".join(part for pair in zip(conditions, joints, strict=False) for part in pair)
    text = text.removesuffix(" ").removesuffix(" AND").removesuffix(" OR")
    times, severities, bodies, attributes, traces, spans, origins = (
        list(column) for column in zip(*records, strict=True)
    )
    chunk = chunk_of(
        bodies,
        times=times,
        severities=severities,
        attributes=attributes,
        trace_ids=traces,
        span_ids=spans,
        origins=origins,
    )
    builder = ColumnsBuilder()
    builder.extend(times, severities, [b""] * len(records), bodies, attributes, traces, spans, origins)
    predicate = compile_predicate(parse_filter(text))
    expected = [at for at, record in enumerate(records_from_columns(builder.build(TIME))) if predicate(record)]
    assert matching(text, chunk) == expected, text


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join))
def test_whatever_is_a_filter_can_be_asked_of_columns(text: str) -> None:
    try:
        node = parse_filter(text)
    except FilterError:
        return
    chunk = chunk_of([b"a", b"\xff\0"], attributes=[b'{"a":1}', b"no json"])
    found = compile_matcher(node)(View(chunk, TIME), range(2))
    assert found in ([], [0], [1], [0, 1])


def test_what_is_no_utf8_is_found_as_the_store_has_it() -> None:
    chunk = chunk_of([b"caf\xe9 AU lait", b"a\0b", b"cafe"])
    assert matching("lait", chunk) == [0]
    assert matching('body : "\\xE9 au"', chunk) == [0]
    assert matching('body =~ "a.x00b"', chunk) == [1]


def test_a_record_without_a_time_is_taken_to_be_of_now() -> None:
    assert matching("time >= 2025-01-01", chunk_of([b"x", b"y"], times=[0, 1]), now=TIME) == [0]


@pytest.mark.parametrize("attributes", [b"{broken", b"[1]", b'{"a":1e999999999}', b"\xff"])
def test_attributes_that_are_none_have_no_values(attributes: bytes) -> None:
    chunk = chunk_of([b"x"], attributes=[attributes])
    assert matching("attributes.a:*", chunk) == []
    assert matching("NOT attributes.a:*", chunk) == [0]
