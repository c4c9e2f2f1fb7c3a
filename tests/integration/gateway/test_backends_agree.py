"""Random filters over random records: the database, a file of the lake and the predicate pick the same ones."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import Database
from tests.integration.gateway.stored import store_records
from tests.integration.lake.merging import merge_files
from tests.integration.lake.split import Keys
from tests.integration.lake.written import write_records

from logmesh.filters import compile_key, compile_predicate, compile_sql, compile_value, parse_field, parse_filter
from logmesh.filters.ast import Path as FieldPath
from logmesh.filters.predicate import compile_text
from logmesh.filters.sql import MAX_VALUE_CHARACTERS
from logmesh.lake.attribute_columns import AttributeColumn
from logmesh.lake.reading.answers import Answers
from logmesh.lake.reading.conditions import Conditions
from logmesh.record.attributes import attributes_from_json, attributes_to_json
from logmesh.record.entry import check_body
from logmesh.record.values import set_values
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
    "\u212a",
    "ß",
    "ẞ",
    "Ошибка",
    "ОШИБКА",
    "ς",
    "Σ",
    "1.5s",
    "250 ms",
    "1m30s",
    "2KiB",
    "1 kb",
    "007",
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
    "nul\0",
    "\x01",
    "/",
]
TRACES = [bytes([n]) * 16 for n in (1, 2, 255)]
SPANS = [bytes([n]) * 8 for n in (1, 2, 255)]

ODD_KEYS = ["", "K", "*", "$", "$.a", "[0]", "#", "?", "it's", 'q"', "back\\", "/k", "ключ", "a*", "\n"]

words = st.sampled_from(WORDS)
scalars = st.one_of(
    words,
    st.booleans(),
    st.none(),
    st.integers(-3, 50),
    st.sampled_from([4.2, 0.1, 1e16, 1.5e300, 5e-324, -0.0, 42.0]),
    st.sampled_from(
        [
            *(2**53, 2**53 + 1, 2**63 - 1, 2**64, 10**29, -(10**29) - 1, 10**38, 1e22, 1e-7, 123456.789),
            *(Decimal("0.12345678901234567890"), Decimal("0.1234567890123456789"), Decimal("42.00000000000000000001")),
            *(b"", b"\0\xff"),
        ]
    ),
)
keys = st.sampled_from(["k", "a", "b", "a.b", "0", "c d", "took_ms", *ODD_KEYS])
values: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=5
)
texts = st.one_of(words, st.lists(words, min_size=2, max_size=4).map("".join))


plain = words.filter(lambda word: word.isprintable() and not set(word) & set('"\\'))
plain_objects = st.dictionaries(
    st.sampled_from(["a", "a.b", "b", "k", "took_ms"]),
    plain | st.integers(-3, 50) | st.booleans(),
    min_size=1,
    max_size=2,
)
"""Such as columns may say all of."""


@st.composite
def records(draw: st.DrawFn) -> LogRecord:
    """A record as it comes back from the store."""
    record = LogRecord(
        time_unix_nano=NOW - draw(st.integers(0, 3)) * 10**9 - draw(st.integers(0, 2)),
        severity_number=draw(st.integers(0, 24)),  # type: ignore[arg-type]
        body=draw(texts),
        trace_id=draw(st.sampled_from([b"", *TRACES])),
        span_id=draw(st.sampled_from([b"", *SPANS])),
    )
    record.resource.service_name = draw(st.sampled_from(["", "a", "A", "checkout"]))
    record.resource.service_instance_id = draw(st.sampled_from(["", "a", "pod-1"]))
    set_values(record.attributes, draw(st.dictionaries(keys, values, max_size=3) | plain_objects | plain_objects))
    body, attributes = check_body(record.body.encode(), attributes_to_json(record.attributes))
    record.body = body.decode()
    record.ClearField("attributes")
    attributes_from_json(attributes, record.attributes)
    set_values(
        record.resource.attributes,
        draw(st.dictionaries(keys, scalars.filter(lambda value: value != "nul\0"), max_size=2)),
    )
    return record


def quoted(text: str) -> str:
    """As a filter quotes it; none may hold a NUL, and no record does."""
    return '"' + text.replace("\0", "").replace("\\", "\\\\").replace('"', '\\"') + '"'


patterns = st.sampled_from([
    "a", "^a", "b$", "a.b", "(?i)AB", "(?i)K", "[^a]", "a|b", "^(a|ab)+$", "\\d+", "\\bx\\b", "^$", "\\w{2,}", "(?s)e.b", "^[45]", "0$",
    "^-?0",
    "e.b", "e\\sb", "[[:alpha:]]+é", "[a-c]{2}", "a%", "a_", "\\\\", "\\x{e9}", "", "(|a)b", "(?:a*){2}", "\\D", "\\Bb",
    "日.", "(?i)É", "[^\\d\\s]", "\\.", "(?i)[^B]a", "(?i)s", "(?i)[^s]", "(?i)ошибка", "(?i)[а-п]+к", "(?i)ς$", "(?i)ß", "(?m)^b",
    "(?m)e$", "(?m)^$", "(?m:e$)\\n^b", "(?m)^a$", "\\Aa|b\\z",
])  # fmt: skip


def of_key(key: str) -> str:
    return f"attributes.{quoted(key)}"


map_fields = st.sampled_from([*(of_key(key) for key in ODD_KEYS if key),
    "attributes.k", "attributes.a", "attributes.a.b", "attributes.b", 'attributes."a.b"', "attributes.a.0", "attributes.0",
    'attributes."c d"', "resource.k", "resource.a.b", "attributes.a.b.k", 'attributes.a."logmesh.bytes"', "attributes.a.logmesh.bytes",
    "attributes.took_ms",
])  # fmt: skip
orders = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
has = st.just(":")
arguments = st.one_of(
    texts.map(quoted),
    st.sampled_from(
        [
            "42",
            "4.2",
            "true",
            "0.1",
            "1e16",
            "1.5e300",
            "*",
            "-1",
            "0",
            "a",
            "9007199254740992",
            "9007199254740993",
            "9223372036854775807",
            "1e29",
            "0.1234567890123456789",
            '"logmesh.bytes"',
            '"AP8="',
        ]
    ),
)
quantities = st.sampled_from(["500ms", "1.5s", "90s", "1m30s", "2h", "1KiB", "2kb", "1B", "0s"])
structures = st.sampled_from(
    [
        "[]",
        '{"logmesh.bytes": "AP8="}',
        '["a"]',
        '["a", 42]',
        "[null, true]",
        '{"a": 42.0}',
        '{"b": {}, "a": "A"}',
        "{}",
        "[[]]",
        "[1e3]",
        "[0e5000]",
        "[0e999999999, 1e-1000]",
    ]
)
stars = st.sampled_from(["a*", "*b", "*é*", "a*b", "*е*к*", "ОШ*", "*.*", "l*k", "4*", "*0", "t*"])
slashes = st.sampled_from(["/a.b/", "/(a|b)$/i", "/ОШ+/", "/a/", "/a b/", "/^e/m"])
likes = st.sampled_from(["a%", "%b", "%e_b%", "a\\%", "_", "%", "", "ОШИ%"])
comparisons = st.one_of(
    st.tuples(st.sampled_from(["service", "instance", "body"]), orders | has, arguments),
    st.tuples(map_fields, orders | has, arguments),
    st.tuples(map_fields, st.sampled_from(["<", "<=", ">", ">="]), quantities),
    st.tuples(map_fields, st.sampled_from(["=", ":", "!="]), structures.map(quoted)),
    st.tuples(map_fields | st.sampled_from(["service", "body"]), st.sampled_from(["=", "!=", ":"]), stars),
    st.tuples(map_fields | st.sampled_from(["service", "body"]), st.sampled_from(["=", ":", "!=", "=~"]), slashes),
    st.tuples(
        map_fields | st.sampled_from(["service", "body"]),
        st.sampled_from(["LIKE", "NOT LIKE", "ilike"]),
        likes.map(quoted),
    ),
    st.tuples(
        map_fields | st.sampled_from(["service", "instance"]),
        st.sampled_from(["IN", "not in"]),
        st.lists(arguments.filter(lambda text: text != "*") | stars, min_size=1, max_size=3).map(
            lambda items: f"({', '.join(items)})"
        ),
    ),
    st.tuples(
        map_fields | st.sampled_from(["service", "trace_id"]), st.just("IS"), st.sampled_from(["NULL", "NOT NULL"])
    ),
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
        st.tuples(inner, st.sampled_from([" && ", "||"]), inner).map(
            lambda parts: f"(({parts[0]}){parts[1]}({parts[2]}))"
        ),
        inner.map(lambda text: f"NOT ({text})"),
        inner.map(lambda text: f"-({text})"),
        inner.map(lambda text: f"!({text})"),
    ),
    max_leaves=4,
)


fields = st.one_of(map_fields, st.sampled_from(["level", "service", "instance"]))


@dataclass
class Stored:
    """The same records in each store; in the lake, a part of them is in a file with columns of attributes."""

    records: list[LogRecord]
    runner: asyncio.Runner
    rows: asyncpg.Connection
    lake: duckdb.DuckDBPyConnection
    answers: Answers
    files: list[tuple[str, Sequence[AttributeColumn]]]

    def in_rows(self, sql: str, parameters: list[object]) -> list[Any]:
        """By record, what an expression is in the database."""
        found = self.runner.run(self.rows.fetch(f"SELECT {sql} FROM logmesh.records ORDER BY position", *parameters))
        return [row[0] for row in found]

    def in_lake(self, write: Callable[[Conditions], str]) -> list[Any]:
        """By record, what an expression is in its file."""
        to = Conditions()
        parts = [
            f"SELECT position, {write(to.over(columns))} AS found FROM read_parquet('{path}')"
            for path, columns in self.files
        ]
        self.answers.prepare(to.questions)
        everything = " UNION ALL ".join(parts)
        found = self.lake.execute(f"SELECT found FROM ({everything}) ORDER BY position", to.parameters).fetchall()
        return [row[0] for row in found]


_MERGED = 2
KEYS: Sequence[Keys] = [
    [],
    [("K", "double"), ("a", "int"), ("a.b", "text"), ("b", "bool"), ("it's", "text"), ("k", "text"), ("ключ", "int")],
    [("", "int"), ("a", "bool"), ("a*", "text"), ("a.b", "double"), ("b", "text"), ("k", "int"), ("took_ms", "text")],
    [("*", "text"), ("0", "text"), ("a", "text"), ("b", "int"), ("k", "double"), ("took_ms", "int")],
    *[[]] * _MERGED,
]
"""Such as have columns, by file of the lake; of the last ones one is merged, which chooses for itself."""


@pytest.fixture(scope="module")
def stored(lasting_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stored]:
    """Both tests only read them."""
    folder = tmp_path_factory.mktemp("lake")
    records_drawn: list[LogRecord] = []

    @settings(max_examples=320, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(records())
    def gather(record: LogRecord) -> None:
        records_drawn.append(record)

    gather()
    with asyncio.Runner() as runner, duckdb.connect(config={"threads": 1}) as lake:
        runner.run(store_records(lasting_database, records_drawn))
        rows = runner.run(asyncpg.connect(lasting_database.reader_dsn))
        runner.run(rows.execute("SELECT set_config('app.tenant', 'default', false)"))
        files: list[tuple[str, Sequence[AttributeColumn]]] = []
        for part, keys_of_file in enumerate(KEYS):
            path, positions = folder / f"{part}.parquet", range(part, len(records_drawn), len(KEYS))
            _, columns = write_records(path, records_drawn[part :: len(KEYS)], positions, keys=keys_of_file)
            files.append((str(path), columns))
        merged = merge_files(folder, 1, [Path(files.pop()[0]) for _ in range(_MERGED)])
        assert merged.read == merged.found and merged.columns
        files.append((str(merged.path), merged.columns))
        yield Stored(records_drawn, runner, rows, lake, Answers(lake), files)
        runner.run(rows.close())


@pytest.mark.timeout(600)
def test_all_backends_pick_the_same_records(stored: Stored) -> None:
    """Filters that are valid; what makes a filter invalid is the parser's, before any backend."""

    @settings(max_examples=600, database=None, suppress_health_check=list(HealthCheck))
    @given(filters)
    def agree(text: str) -> None:
        node = parse_filter(text)
        expected = list(map(compile_predicate(node), stored.records))
        assert stored.in_rows(*compile_sql(node)) == expected
        assert stored.in_lake(lambda to: to.condition(node)) == expected

    agree()
    texts = stored.in_lake(lambda _: "attributes")
    whole = stored.in_lake(Conditions.attributes)
    assert sum(text is None and said is not None for text, said in zip(texts, whole, strict=True)) > 10
    for record, said in zip(stored.records, whole, strict=True):
        again = LogRecord()
        attributes_from_json((said or "").encode(), again.attributes)
        assert again.attributes == record.attributes


def test_both_stores_know_the_same_values(stored: Stored) -> None:
    """The text of a field, and which of some values it is."""

    @settings(max_examples=150, database=None, suppress_health_check=list(HealthCheck))
    @given(fields, st.lists(words.filter(lambda text: "\0" not in text), max_size=4, unique=True))
    def agree(name: str, some: list[str]) -> None:
        field = parse_field(name)
        expected = stored.in_rows(*compile_value(field))
        assert stored.in_lake(lambda to: to.value(field)) == expected
        if isinstance(field, FieldPath):
            whole = map(compile_text(field), stored.records)
            assert [text if text and len(text) <= MAX_VALUE_CHARACTERS else None for text in whole] == expected
        assert stored.in_lake(lambda to: to.key(field, some)) == stored.in_rows(*compile_key(field, some))

    agree()
