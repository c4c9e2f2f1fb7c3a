"""Random filters over random records: the database and the predicate pick the same ones."""

import asyncio
import time
from typing import Any

import asyncpg
from google.protobuf.struct_pb2 import Struct
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import Database
from tests.integration.gateway.stored import make_schema, store_records

from logmesh.filters import compile_predicate, compile_sql, parse_filter
from logmesh.v1.record_pb2 import LogRecord

NOW = time.time_ns() // 10**9 * 10**9
WORDS = [
    "a",
    "A",
    "ab",
    "aB%",
    "a_b",
    "a\\b",
    "x y",
    "é",
    "É",
    "ſ",
    "K",
    "line\nbreak",
    "42",
    "4.2",
    "true",
    "",
    "b.c",
    "-",
    "'",
    '"',
    "日本",
]
TRACES = [bytes([n]) * 16 for n in (1, 2, 255)]
SPANS = [bytes([n]) * 8 for n in (1, 2, 255)]

words = st.sampled_from(WORDS)
scalars = st.one_of(
    words, st.booleans(), st.none(), st.integers(-3, 50), st.sampled_from([4.2, 0.1, 1e16, 1.5e300, 5e-324, -0.0, 42.0])
)
keys = st.sampled_from(["k", "a", "b", "a.b", "0", "c d"])
values: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=5
)
texts = st.one_of(words, st.lists(words, min_size=2, max_size=4).map("".join))


@st.composite
def records(draw: st.DrawFn) -> LogRecord:
    """A record as it comes back from the store."""
    attributes, resource = Struct(), Struct()
    attributes.update(draw(st.dictionaries(keys, values, max_size=3)))
    resource.update(draw(st.dictionaries(keys, scalars, max_size=2)))
    record = LogRecord(
        time_unix_nano=NOW - draw(st.integers(0, 3)) * 10**9 - draw(st.integers(0, 2)),
        severity_number=draw(st.integers(0, 24)),  # type: ignore[arg-type]
        body=draw(texts),
        trace_id=draw(st.sampled_from([b"", *TRACES])),
        span_id=draw(st.sampled_from([b"", *SPANS])),
        attributes=attributes,
    )
    record.resource.service_name = draw(st.sampled_from(["", "a", "A", "checkout"]))
    record.resource.service_instance_id = draw(st.sampled_from(["", "a", "pod-1"]))
    record.resource.attributes.CopyFrom(resource)
    return record


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


patterns = st.sampled_from([
    "a", "^a", "b$", "a.b", "(?i)AB", "(?i)K", "[^a]", "a|b", "^(a|ab)+$", "\\d+", "\\bx\\b", "^$", "\\w{2,}", "(?s)e.b",
    "e.b", "e\\sb", "[[:alpha:]]+é", "[a-c]{2}", "a%", "a_", "\\\\", "\\x{e9}", "", "(|a)b", "(?:a*){2}", "\\D", "\\Bb",
    "日.", "(?i)É", "[^\\d\\s]", "\\.", "(?i)[^B]a",
])  # fmt: skip
map_fields = st.sampled_from([
    "attributes.k", "attributes.a", "attributes.a.b", "attributes.b", 'attributes."a.b"', "attributes.a.0", "attributes.0",
    'attributes."c d"', "resource.k", "resource.a.b", "attributes.a.b.k",
])  # fmt: skip
orders = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
has = st.just(":")
arguments = st.one_of(
    texts.map(quoted), st.sampled_from(["42", "4.2", "true", "0.1", "1e16", "1.5e300", "*", "-1", "0", "a"])
)
comparisons = st.one_of(
    st.tuples(st.sampled_from(["service", "instance", "body"]), orders | has, arguments),
    st.tuples(map_fields, orders | has, arguments),
    st.tuples(map_fields | st.sampled_from(["service", "body"]), st.sampled_from(["=~", "!~"]), patterns.map(quoted)),
    st.tuples(st.just("severity"), orders | has, st.sampled_from(["ERROR", "notice", "0", "DEFAULT", "WARNING", "24"])),
    st.tuples(
        st.just("trace_id"),
        st.sampled_from(["=", "!=", ":"]),
        st.sampled_from(["*", *(t.hex() for t in TRACES), "0" * 32]),
    ),
    st.tuples(st.just("span_id"), st.sampled_from(["=", "!="]), st.sampled_from([*(s.hex() for s in SPANS), "0" * 16])),
    st.tuples(
        st.just("time"),
        orders,
        st.integers(0, 3).map(
            lambda s: time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(NOW // 10**9 - s)) + ".000000001Z"
        ),
    ),
).map(lambda parts: " ".join(parts) if parts[2] != "*" or parts[1] == ":" else f'{parts[0]} {parts[1]} "*"')
comparisons = comparisons.filter(lambda text: not (text.startswith(("trace_id", "span_id")) and '"*"' in text))
filters = st.recursive(
    comparisons | texts.map(quoted),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" AND ", " OR ", " "]), inner).map("".join),
        inner.map(lambda text: f"NOT ({text})"),
        inner.map(lambda text: f"-({text})"),
    ),
    max_leaves=4,
)


def test_database_and_predicate_pick_the_same_records(database: Database) -> None:
    """Filters that are valid; what makes a filter invalid is the parser's, before either backend."""
    stored: list[LogRecord] = []

    @settings(max_examples=250, database=None, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(records())
    def gather(record: LogRecord) -> None:
        stored.append(record)

    gather()
    with asyncio.Runner() as runner:
        runner.run(make_schema(database))
        runner.run(store_records(database, stored))
        reader = runner.run(asyncpg.connect(database.reader_dsn))
        runner.run(reader.execute("SELECT set_config('app.tenant', 'default', false)"))

        @settings(max_examples=600, database=None, deadline=None, suppress_health_check=list(HealthCheck))
        @given(filters)
        def agree(text: str) -> None:
            node = parse_filter(text)
            condition, parameters = compile_sql(node)
            rows = runner.run(
                reader.fetch(f"SELECT position FROM logmesh.records WHERE {condition} ORDER BY position", *parameters)
            )
            matches = compile_predicate(node)
            assert [row[0] for row in rows] == [at for at, record in enumerate(stored) if matches(record)]
            assert (
                runner.run(
                    reader.fetchval(f"SELECT count(*) FROM logmesh.records WHERE ({condition}) IS NULL", *parameters)
                )
                == 0
            )

        agree()
        runner.run(reader.close())
