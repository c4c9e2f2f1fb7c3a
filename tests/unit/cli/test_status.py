"""How `logmesh status` sums up the processors, and what it says of what it does not know."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from logmesh.cli.status_json import as_plain, streams_by_track
from logmesh.cli.status_report import Report
from logmesh.cli.status_text import headline, lines, split_line, trouble_lines
from logmesh.cli.writing import PlainConsole
from logmesh.client.asking.listing import Listed
from logmesh.client.asking.pipeline import Fact, ProcessorState, Summary
from logmesh.v1 import pipeline_service_pb2 as pb

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)


def processor(name: str = "", lag_seconds: int | None = None, **fields: Any) -> ProcessorState:
    state = pb.ProcessorState(name=name, **fields)
    if lag_seconds is not None:
        state.lag.FromSeconds(lag_seconds)
    return ProcessorState.of(state)


WELL = processor("log-processor-0", version="1", ready=True)
SILENT = processor("log-processor-1")
BUSY = processor("log-processor-0", 12, version="1", ready=True, unwritten_batches=3)
BUSY_SINCE = (NOW - timedelta(seconds=12)).astimezone()


def processors(*states: tuple[str, int]) -> list[ProcessorState]:
    return [processor(track=track, streams=streams) for track, streams in states]


def summary(lag_seconds: float | None = 0.3, lost: int = 0) -> Summary:
    answer = pb.GetSummaryResponse(lost_batches=lost)
    answer.last_commit_time.FromDatetime(NOW - timedelta(minutes=12))
    if lag_seconds is not None:
        answer.lag.FromNanoseconds(int(lag_seconds * 1e9))
    return Summary.of(answer)


NEVER = Summary.of(pb.GetSummaryResponse())


def report(
    *states: ProcessorState,
    asked: Summary | None = None,
    facts: tuple[Fact, ...] = (),
    unknown: tuple[str, ...] = (),
) -> Report:
    known = None if "summary" in unknown else asked or summary()
    return Report(known, Listed(), Listed(facts, len(facts)), list(states), dict.fromkeys(unknown, "no database"))


NO_DATABASE = report(WELL, unknown=("summary", "ledger", "facts"))


def text_of(shown: Report) -> str:
    console = PlainConsole()
    console.width = 200
    with console.capture() as captured:
        for line in lines(shown, NOW):
            console.print(line)
    return captured.get()


def test_the_split_between_tracks_is_one_line() -> None:
    found = processors(("stable", 5), ("canary", 1), ("stable", 4), ("", 0))  # the last one does not answer
    assert split_line(found) == "open streams: stable 9 (90%), canary 1 (10%)"
    assert as_plain(report(*found))["streams_by_track"] == {"stable": 9, "canary": 1}


def test_one_track_or_no_stream_is_no_split() -> None:
    assert split_line(processors(("stable", 5), ("stable", 4))) == ""
    assert split_line(processors(("stable", 0), ("canary", 0))) == "open streams: stable 0 (0%), canary 0 (0%)"
    assert streams_by_track(processors()) == {}


def test_trouble_is_told_of_those_processors_that_have_it() -> None:
    calm = processor("log-processor-0")
    troubled = processor("log-processor-1", write_errors=3, rejected={"unreadable": 1_200})
    assert trouble_lines([calm, troubled]) == [
        "log-processor-1, since its start: 3 failed writes, made again; rejected 1,200: unreadable"
    ]


@pytest.mark.parametrize(
    ("shown", "words", "code"),
    [
        (report(WELL), "lost 0 · unaccounted 0 · lag 0.3s", 0),
        (report(BUSY, asked=summary(12)), f"lag 12s: 3 batches wait to be stored, since {BUSY_SINCE:%H:%M:%S}", 0),
        (report(WELL, SILENT), "lag 0.3s at least: a processor does not answer", 0),
        (report(SILENT, asked=summary(None)), "lag unknown: no processor answers; the last commit was 12m ago", 4),
        (report(), "lag 0.3s", 0),  # the gateway asks none
        (NO_DATABASE, "lost unknown", 4),
    ],
)
def test_what_is_not_known_is_said_and_is_no_success(shown: Report, words: str, code: int) -> None:
    assert words in headline(shown, NOW).plain
    assert shown.exit_code == code


def test_a_ledger_that_can_t_be_read_leaves_the_processors() -> None:
    assert "log-processor-0" in text_of(NO_DATABASE)
    assert "the ledger can't be read: no database" in text_of(NO_DATABASE)
    plain = as_plain(NO_DATABASE)
    assert (plain["lost_batches"], plain["lag_seconds"]) == (None, None)
    assert plain["failures"] == {"summary": "no database", "ledger": "no database", "facts": "no database"}


def test_facts_come_first_each_with_since_when_and_what_to_do() -> None:
    fact = Fact("lost", "12345678-9", "agent\x1b[2J", 3, (), NOW - timedelta(hours=3), "Look at its disk.")
    shown = text_of(report(WELL, asked=summary(lost=3), facts=(fact,)))
    assert "\x1b" not in shown
    assert (
        shown.index("3h ago")
        < shown.index("lost: Look at its disk.")
        < shown.index("logmesh acknowledge")
        < shown.index("ready")
    )


def test_a_store_is_empty_only_where_that_is_known() -> None:
    assert report(WELL, asked=NEVER).is_empty
    assert not report(WELL).is_empty
    assert not report(BUSY, asked=NEVER).is_empty
    assert not report(WELL, asked=NEVER, unknown=("ledger",)).is_empty
    assert not report(WELL, unknown=("summary",)).is_empty


def test_programs_get_times_as_rfc_3339_and_spans_in_seconds() -> None:
    plain = as_plain(report(BUSY, asked=summary(1.25)))
    assert (plain["lag_seconds"], plain["last_commit_time"]) == (1.25, "2026-01-02T11:48:00Z")
    assert plain["processors"][0]["lag_seconds"] == 12.0
    empty = as_plain(report(asked=NEVER))
    assert (empty["lag_seconds"], empty["last_commit_time"], empty["failures"]) == (None, None, {})
