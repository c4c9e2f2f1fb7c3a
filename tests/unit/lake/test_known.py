"""What the catalog knows, and what is read beside it, are all matches of a range, each once."""

from collections import Counter
from collections.abc import Iterable
from functools import partial
from itertools import chain

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.lake.filed import MINUTE, file_of, records

from logmesh.filters import compile_predicate, parse_filter
from logmesh.filters.fields import LEVELS, parse_field
from logmesh.lake.store.known import known
from logmesh.lake.store.plan import Plan
from logmesh.lake.store.values import GRAVITY, SEVERITY_TEXT, bucket_value, field_value, key_value
from logmesh.lake.store.values import MINUTE as MINUTES
from logmesh.store.counts import Buckets
from logmesh.store.time_range import TimeRange
from logmesh.v1.record_pb2 import LogRecord

SECOND = 10**9
FILTERS = [
    "",
    "service = api",
    "severity >= WARNING",
    "NOT service:a severity < ERROR",
    "service = api OR severity = 0",
]
FIELDS = [parse_field("service"), parse_field("level")]


def keys_of(one: LogRecord, width: int) -> tuple[object, ...]:
    number = one.severity_number
    level = LEVELS[(number - 1) // 4] if number else None
    service = one.resource.service_name
    return (
        one.time_unix_nano // width,
        service,
        level,
        1 + LEVELS.index(level) if level else 0,
        {"api": 1}.get(service, 2),
        str(number),
        (number >= 17) + (number >= 21),
        one.time_unix_nano // MINUTE,
    )


@settings(max_examples=300)
@given(
    st.sampled_from(FILTERS),
    st.lists(st.lists(records(), min_size=1, max_size=30), min_size=1, max_size=4),
    st.integers(0, 84),
    st.integers(1, 84),
    st.sampled_from([MINUTE, 5 * MINUTE]),
)
def test_each_match_of_a_range_is_known_or_read_and_never_both(
    text: str, of_files: list[list[LogRecord]], start: int, length: int, width: int
) -> None:
    """Every fourth range begins and every fourth ends with a minute."""
    span = TimeRange(start * MINUTE // 4, (start + length) * MINUTE // 4)
    matches = compile_predicate(node := parse_filter(text))
    of_files = [of_file for of_file in of_files if any(map(partial(_within, span), of_file))]
    files = list(map(file_of, of_files))
    values = [
        bucket_value(Buckets(0, width, 30, span)), *map(field_value, FIELDS), key_value(FIELDS[1], LEVELS),
        key_value(FIELDS[0], ["api"]), SEVERITY_TEXT, GRAVITY, MINUTES,
    ]  # fmt: skip
    right = _counted(filter(matches, chain(*of_files)), span, width)
    found = known(Plan(node), files, span, values)
    counted = Counter[tuple[object, ...]]()
    for part, unread in found.unread.items():
        assert part.length_nano < MINUTE and len(unread) == len(set(map(id, unread)))
        for of_file, file in zip(of_files, files, strict=True):
            if any(file is one for one in unread):
                counted += _counted(filter(matches, of_file), part, width)
    for table in found.groups:
        for *group, of_group in zip(*(column.to_pylist() for column in table.columns), strict=True):
            counted[tuple(group)] += of_group
    assert counted == right


def test_what_needs_more_than_the_counts_is_read() -> None:
    record = LogRecord(time_unix_nano=1, body="word")
    record.resource.service_name = "api"
    file, span = file_of([record]), TimeRange(0, MINUTE)
    for text in ("word", "service = api AND word", "NOT word", "time > 1970-01-01T00:00:00Z"):
        assert known(Plan(parse_filter(text)), [file], span, [MINUTES]) == ([], {span: [file]})
    seconds = bucket_value(Buckets(0, SECOND, 60, span))
    for value in (seconds, field_value(parse_field("instance")), field_value(parse_field("attributes.user"))):
        assert known(Plan(parse_filter("")), [file], span, [MINUTES, value]) == ([], {span: [file]})
    (group,), unread = known(Plan(parse_filter("service = api OR word")), [file], span, [MINUTES])
    assert group["records"].to_pylist() == [1] and not unread, "the service alone decides"


def test_records_of_long_ago_cost_no_more_than_others() -> None:
    """A device without a clock writes of 1970, beside others."""
    now = 30_000_000 * MINUTE
    of_files = [[_of_api(nano) for nano in (1, 1, now + each * MINUTE, now)] for each in range(3)]
    files, span = list(map(file_of, of_files)), TimeRange(0, now + 5 * MINUTE)
    values = [MINUTES, bucket_value(Buckets(0, MINUTE, span.length_nano // MINUTE, span)), GRAVITY]
    for file in files:
        for value in values[:2]:
            assert value.in_counts
            assert len(value.in_counts(file.counts).values) == len(file.counts.by_minute[0])
    found = known(Plan(parse_filter("")), files, span, values)
    minutes = [{0: 2, 30_000_000: 2}, *({0: 2, 30_000_000: 1, 30_000_000 + each: 1} for each in (1, 2))]
    assert not found.unread
    assert [group.to_pydict() for group in found.groups] == [
        {"v0": [*of_file], "v1": [*of_file], "v2": [0] * len(of_file), "records": [*of_file.values()]}
        for of_file in minutes
    ]


def _of_api(unix_nano: int) -> LogRecord:
    record = LogRecord(time_unix_nano=unix_nano)
    record.resource.service_name = "api"
    return record


def _within(span: TimeRange, one: LogRecord) -> bool:
    return span.start_unix_nano <= one.time_unix_nano < span.end_unix_nano


def _counted(records: Iterable[LogRecord], span: TimeRange, width: int) -> Counter[tuple[object, ...]]:
    return Counter(keys_of(one, width) for one in records if _within(span, one))
