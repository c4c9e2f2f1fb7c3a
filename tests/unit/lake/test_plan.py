"""What a plan leaves out has no match; what it takes first has enough."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.lake.filed import MINUTE, TRACES, file_of, planned, records

from logmesh.filters import compile_predicate, parse_filter
from logmesh.lake.store import plan as module
from logmesh.lake.store.plan import Plan, are_few
from logmesh.store.time_range import TimeRange
from logmesh.v1.record_pb2 import LogRecord, Resource

FILTERS = [
    "",
    'service = "api"',
    "severity >= WARNING",
    'service = "api" AND severity >= WARNING',
    'NOT service = "api"',
    '-service:"a" OR severity = 0',
    'service =~ "^c" "word"',
    '"word"',
    'NOT ("word" AND service = "cart")',
    f'trace_id = "{TRACES[0].hex()}"',
    f'trace_id = "{TRACES[0].hex()}" AND severity >= WARNING',
    f'trace_id = "{TRACES[0].hex()}" OR service = "cart"',
    "trace_id:*",
]


@pytest.mark.parametrize("text", FILTERS)
@settings(max_examples=60)
@given(st.lists(st.lists(records(), min_size=1, max_size=8), min_size=1, max_size=4))
def test_no_file_with_a_match_is_left_out(text: str, of_files: list[list[LogRecord]]) -> None:
    matches = compile_predicate(parse_filter(text))
    for of_file in of_files:
        file = file_of(of_file)
        plan = planned(text, file)
        if any(map(matches, of_file)):
            assert plan.files([file]) == [file]


def test_files_of_other_services_severities_and_traces_are_left_out() -> None:
    record = LogRecord(time_unix_nano=1, severity_number=9, trace_id=TRACES[0])  # type: ignore[arg-type]
    record.resource.service_name = "api"
    file = file_of([record])
    for text in ("service = cart", "severity >= WARNING", f"trace_id = {TRACES[1].hex()}", "NOT service:*"):
        assert planned(text, file).files([file]) == []


@settings(max_examples=200)
@given(
    st.sampled_from(FILTERS),
    st.lists(st.lists(records(), min_size=1, max_size=20), min_size=1, max_size=3),
    st.integers(0, 10 * MINUTE - 1),
    st.integers(10 * MINUTE, 21 * MINUTE),
    st.integers(1, 5),
)
def test_stretches_go_down_to_the_start_and_the_first_has_enough_where_columns_decide(
    text: str, of_files: list[list[LogRecord]], start: int, end: int, most: int
) -> None:
    node, files = parse_filter(text), list(map(file_of, of_files))
    stops = planned(text, *files).stretches(files, start, end, most)
    assert stops == sorted(set(stops), reverse=True) and stops[-1] == start
    assert all(start <= stop < end for stop in stops)
    matches = compile_predicate(node)
    found = [one for of_file in of_files for one in of_file if start <= one.time_unix_nano < end and matches(one)]
    if text in FILTERS[:6]:
        first = sum(one.time_unix_nano >= stops[0] for one in found)
        assert first >= min(most, len(found))


def test_a_search_that_looks_into_texts_begins_with_few_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_ROWS", 2)
    one_a_minute = [LogRecord(time_unix_nano=at * MINUTE, resource=Resource(service_name="api")) for at in range(1, 20)]
    stops = Plan(parse_filter("word")).stretches([file_of(one_a_minute)], 0, 20 * MINUTE, 100)
    assert stops == [18 * MINUTE, 12 * MINUTE, 0]


TEXTS = [
    '"quokka"', '"QUOKKA" "took"', 'body =~ "quok+a took"', 'body =~ "(?i)Quokka"', 'body = "took 5"', "quokka OR took", "quokka OR ab",
    "NOT quokka", 'service = "api" AND quokka', "nowhere", "nowhere OR quokka", "ab",
]  # fmt: skip


@settings(max_examples=150)
@given(
    st.sampled_from(TEXTS),
    st.lists(st.sampled_from(["quokka", "Quokka took 5", "took 5", "ab"]), min_size=1, max_size=40),
    st.integers(1, 5),
)
def test_each_match_is_in_the_rows_that_texts_leave(text: str, bodies: list[str], rows: int) -> None:
    made = [LogRecord(time_unix_nano=at, body=body) for at, body in enumerate(bodies)]
    for one in made:
        one.resource.service_name = "api"
    file = file_of(made, [len(made[first : first + rows]) for first in range(0, len(made), rows)])
    matches, plan = compile_predicate(parse_filter(text)), planned(text, file)
    left = plan.rows(file)
    found = [at for at, one in enumerate(made) if matches(one)]
    assert left is None or all(any(first <= at <= last for first, last in left) for at in found)
    assert plan.files([file]) == ([] if left == () else [file])
    # What may match is counted by minute, all of it here.
    stops = plan.stretches([file], 0, MINUTE, 1)
    assert stops == [0]


def test_few_rows_are_left_where_few_row_groups_have_a_text() -> None:
    made = [LogRecord(time_unix_nano=at * MINUTE, body="quokka" if at in (6, 40) else "took") for at in range(50)]
    for one in made:
        one.resource.service_name = "api"
    file = file_of(made, [2, 3] * 10)
    plan = planned("quokka", file)
    assert plan.rows(file) == ((5, 6), (40, 41)) and are_few(plan.rows(file), file)
    for at in range(34):
        made[at].body = "quokka"
    most = file_of(made, [2, 3] * 10)
    plan = planned("quokka", most)
    assert plan.rows(most) == ((0, 34), (40, 41)) and not are_few(plan.rows(most), most)
    assert planned("took", file).rows(file) is None, "most have it"
    assert planned("nowhere", file).rows(file) == () and planned("qu", file).rows(file) is None
    unmerged = file_of(made)
    assert planned("quokka", unmerged).rows(unmerged) is None, "nobody looked"


def test_a_search_passes_over_what_has_not_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_ROWS", 1)
    monkeypatch.setattr(module, "_GROWTH", 2)
    rare = (7, 15, 23, 31, 39)
    made = [LogRecord(time_unix_nano=at * MINUTE, body="quokka" if at in rare else "took") for at in range(50)]
    for one in made:
        one.resource.service_name = "api"
    file = file_of(made, [2] * 25)
    assert planned("quokka", file).stretches([file], 0, 50 * MINUTE, 100) == [30 * MINUTE, 0], "four of ten rows"
    unmerged = file_of(made[48:])
    stops = planned("quokka", unmerged, file).stretches([unmerged, file], 0, 50 * MINUTE, 100)
    assert stops == [38 * MINUTE, 0], "two of its rows, and two of ten"


def test_what_is_left_of_a_search_is_no_stretch_of_its_own_where_it_is_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_ROWS", 4)
    made = [LogRecord(time_unix_nano=at * MINUTE, resource=Resource(service_name="api")) for at in range(9)]
    plan = Plan(parse_filter("word"))
    assert plan.stretches([file_of(made[2:])], 0, 9 * MINUTE, 100) == [0], "three of seven"
    assert plan.stretches([file_of(made[1:])], 0, 9 * MINUTE, 100) == [5 * MINUTE, 0], "four of eight"


@settings(max_examples=100)
@given(
    st.sampled_from(FILTERS),
    st.lists(st.lists(records(), min_size=1, max_size=20), min_size=1, max_size=3),
    st.integers(0, 10 * MINUTE),
    st.integers(10 * MINUTE, 21 * MINUTE),
)
def test_a_range_has_no_more_matches_than_are_said(
    text: str, of_files: list[list[LogRecord]], start: int, end: int
) -> None:
    matches, files = compile_predicate(parse_filter(text)), list(map(file_of, of_files))
    found = sum(start <= one.time_unix_nano < end and matches(one) for of_file in of_files for one in of_file)
    most = planned(text, *files).at_most(files, TimeRange(start, end))
    assert most is None or most >= found
    assert (most is not None) or text not in FILTERS[:6]
