"""How `logmesh status` sums up the processors, and what it says of what it does not know."""

from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from logmesh.cli.status_json import as_plain, streams_by_track
from logmesh.cli.status_report import Listed, Part, Report
from logmesh.cli.status_text import headline, lines, split_line, trouble_lines
from logmesh.v1.pipeline_service_pb2 import Fact, GetSummaryResponse, ProcessorState

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
WELL = ProcessorState(name="log-processor-0", version="1", ready=True)
SILENT = ProcessorState(name="log-processor-1")


def processors(*states: tuple[str, int]) -> list[ProcessorState]:
    return [ProcessorState(track=track, streams=streams) for track, streams in states]


def summary(lag_seconds: float | None = 0.3, lost: int = 0) -> Part[GetSummaryResponse]:
    answer = GetSummaryResponse(lost_batches=lost)
    answer.last_commit_time.FromDatetime(NOW - timedelta(minutes=12))
    if lag_seconds is not None:
        answer.lag.FromNanoseconds(int(lag_seconds * 1e9))
    return Part(answer)


def report(
    *states: ProcessorState,
    asked: Part[GetSummaryResponse] | None = None,
    failure: str = "",
    facts: tuple[Fact, ...] = (),
) -> Report:
    listed = Listed(list(facts), len(facts))
    return Report(asked or summary(), Part(Listed(), failure), Part(listed, failure), Part(list(states)))


def text_of(shown: Report) -> str:
    console = Console(width=200, force_terminal=False)
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
    calm, troubled = ProcessorState(name="log-processor-0"), ProcessorState(name="log-processor-1", write_errors=3)
    troubled.rejected["unreadable"] = 1_200
    assert trouble_lines([calm, troubled]) == [
        "log-processor-1, since its start: 3 failed writes, made again; rejected 1,200: unreadable"
    ]


@pytest.mark.parametrize(
    ("shown", "words", "code"),
    [
        (report(WELL), "lost 0 · unaccounted 0 · lag 0.3s", 0),
        (report(WELL, SILENT), "lag 0.3s at least: a processor does not answer", 0),
        (report(SILENT, asked=summary(None)), "lag unknown: no processor answers; the last commit was 12m ago", 4),
        (report(), "lag 0.3s", 0),  # the gateway asks none
        (report(WELL, asked=Part(GetSummaryResponse(), "no database"), failure="no database"), "lost unknown", 4),
    ],
)
def test_what_is_not_known_is_said_and_is_no_success(shown: Report, words: str, code: int) -> None:
    assert words in headline(shown, NOW).plain
    assert shown.exit_code == code


def test_a_ledger_that_can_t_be_read_leaves_the_processors() -> None:
    shown = report(WELL, asked=Part(GetSummaryResponse(), "no database"), failure="no database")
    assert "log-processor-0" in text_of(shown)
    assert "the ledger can't be read: no database" in text_of(shown)
    plain = as_plain(shown)
    assert (plain["lost_batches"], plain["lag_seconds"]) == (None, None)
    assert plain["failures"] == {"summary": "no database", "ledger": "no database", "facts": "no database"}


def test_facts_come_first_each_with_since_when_and_what_to_do() -> None:
    fact = Fact(kind="lost", producer="agent\x1b[2J", spool_id="12345678-9", batches=3, advice="Look at its disk.")
    fact.since.FromDatetime(NOW - timedelta(hours=3))
    shown = text_of(report(WELL, asked=summary(lost=3), facts=(fact,)))
    assert "\x1b" not in shown
    assert (
        shown.index("3h ago")
        < shown.index("lost: Look at its disk.")
        < shown.index("logmesh acknowledge")
        < shown.index("ready")
    )
