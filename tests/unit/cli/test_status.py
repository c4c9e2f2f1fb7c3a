"""How `logmesh status` sums up the processors."""

from logmesh.cli.status import as_plain, split_line, streams_by_track, trouble_lines
from logmesh.v1.pipeline_service_pb2 import (
    GetSummaryResponse,
    ListLedgerResponse,
    ListProcessorsResponse,
    ProcessorState,
)


def processors(*states: tuple[str, int]) -> ListProcessorsResponse:
    return ListProcessorsResponse(
        processors=[ProcessorState(track=track, streams=streams) for track, streams in states]
    )


def test_the_split_between_tracks_is_one_line() -> None:
    found = processors(("stable", 5), ("canary", 1), ("stable", 4), ("", 0))  # the last one does not answer
    assert split_line(found) == "open streams: stable 9 (90%), canary 1 (10%)"
    assert as_plain(GetSummaryResponse(), ListLedgerResponse(), found)["streams_by_track"] == {"stable": 9, "canary": 1}


def test_one_track_or_no_stream_is_no_split() -> None:
    assert split_line(processors(("stable", 5), ("stable", 4))) == ""
    assert split_line(processors(("stable", 0), ("canary", 0))) == "open streams: stable 0 (0%), canary 0 (0%)"
    assert streams_by_track(processors()) == {}


def test_trouble_is_told_of_those_processors_that_have_it() -> None:
    calm, troubled = ProcessorState(name="log-processor-0"), ProcessorState(name="log-processor-1", write_errors=3)
    troubled.rejected["unreadable"] = 1_200
    assert trouble_lines(ListProcessorsResponse(processors=[calm, troubled])) == [
        "log-processor-1, since its start: 3 failed writes, made again; rejected 1,200: unreadable"
    ]
