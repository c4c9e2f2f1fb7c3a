"""Any text whatever: it is a filter or a FilterError, and nothing a user wrote becomes SQL."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from logmesh.filters import FilterError, compile_predicate, compile_sql, parse_filter
from logmesh.filters.ast import Node
from logmesh.v1.record_pb2 import LogRecord

# Everything that SQL from a filter may be made of.
_TOKENS = re.compile(
    r"""\$\d+::(?:text(?:\[\])?|smallint|timestamptz|uuid|bigint|numeric(?:\[\])?|jsonb(?:\[\])?)|service|instance|body|severity|time|ns|trace_id|
    span_id|attributes|resource|AND|OR|NOT|IN|TRUE|FALSE|IS|NULL|LIKE|strpos|lower|>\s0|COLLATE|"C"|ANY|CASE|WHEN|THEN|ELSE|END|
    SELECT|FROM|AS|sum|regexp_matches|array_position|part|\[\d\]|[\[\]*]|coalesce|jsonb_typeof|'(?:string|array|object|number|boolean|null|\{\})'|''|::numeric|false|[(),?~]|->|\#>>|@>|<>|[<>]=?|=|\s+""",
    re.VERBOSE,
)
PIECES = (
    "service", "body", "severity", "time", "trace_id", "attributes.a", 'attributes."x y"', "resource.b.c", "=", "!=", "<=",
    ">", ":", "=~", "!~", "AND", "OR", "NOT", "-", "(", ")", " ", "ERROR", "42", "*", '"', "'", "\\", "a", "$1", ";", "--",
    "&&", "||", "!", " IN (", " NOT IN (", ",", " LIKE ", " ILIKE '%", " IS NULL", " IS NOT NULL", "check*", "*b", "/a.b/i", "/",
    "500ms", "1.5GiB", "1h2m", '"500"', '"[1, {}]"', "\u041e\u0448", "(?i)", "contains ", "~ ", "==", "<>",
    " exists", " IN [a]", "[1 TO 2]", "a,",
    "/*", "2026-01-01", "ab" * 16, '"a.b|c"', '"%_\\\\"', "'; DROP TABLE logs; --", '" OR 1=1', "{}", "[^a]",
)  # fmt: skip


_SOME = st.sampled_from(PIECES)


@settings(max_examples=1_500)
@given(st.one_of(st.lists(_SOME, max_size=25).map(" ".join), st.lists(_SOME, max_size=12).map("".join), st.text()))
def test_any_text_is_a_filter_or_an_error_and_none_of_it_is_sql(text: str) -> None:
    check(text)


def check(text: str) -> bool:
    """Whether `text` is a filter; fails when it is neither that nor an error with a position, or becomes SQL."""
    node = None
    try:
        node = parse_filter(text)
    except FilterError as error:
        position = error.position
    else:
        position = 0
        _assert_is_bound(node)
    assert 0 <= position <= len(text)
    return node is not None


def _assert_is_bound(node: Node) -> None:
    """Everything in the SQL is ours, and it uses each of its parameters."""
    condition, parameters = compile_sql(node, 8)
    assert _TOKENS.sub("", condition) == ""
    numbers = [int(number) for number in re.findall(r"\$(\d+)", condition)]
    assert set(numbers) == set(range(8, 8 + len(parameters)))
    assert isinstance(compile_predicate(node)(LogRecord(body="x")), bool)
