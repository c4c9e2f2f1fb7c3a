"""A gap says what is missing, in one line, to a person and to a program."""

import json

import pytest

from logmesh.cli.writing import Output, Printer, gap_sentence
from logmesh.v1.tail_service_pb2 import (
    TAIL_GAP_REASON_DATABASE_REPLACED,
    TAIL_GAP_REASON_FORGOTTEN,
    TAIL_GAP_REASON_PROCESSOR_AWAY,
    TAIL_GAP_REASON_SLOW,
    TailGap,
)


def gap(**fields: object) -> TailGap:
    made = TailGap(**fields)  # type: ignore[arg-type]
    made.start_time.FromJsonString("2026-01-31T12:00:00Z")
    made.end_time.FromJsonString("2026-01-31T12:00:02Z")
    return made


def test_a_program_reads_a_gap_as_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    Printer(Output.JSON).gap(gap(reason=TAIL_GAP_REASON_SLOW, dropped=1240))
    assert json.loads(capsys.readouterr().out) == {
        "gap": {
            "reason": "slow", "dropped": 1240, "start_time": "2026-01-31T12:00:00Z", "end_time": "2026-01-31T12:00:02Z"
        }
    }  # fmt: skip


def test_a_person_reads_how_many_are_missing(capsys: pytest.CaptureFixture[str]) -> None:
    Printer(Output.TEXT).gap(gap(reason=TAIL_GAP_REASON_SLOW, dropped=1240))
    out = capsys.readouterr().out
    assert out.startswith("── 1,240 records from ")
    assert out.count("\n") == 1
    assert "1 record from" in gap_sentence(gap(reason=TAIL_GAP_REASON_SLOW, dropped=1))
    assert "some records from" in gap_sentence(gap(reason=TAIL_GAP_REASON_SLOW))
    away = gap_sentence(gap(reason=TAIL_GAP_REASON_PROCESSOR_AWAY, processor="127.0.0.11:50052\x1b[31m"))
    assert "127.0.0.11:50052 is away" in away
    assert "does not reach back so far" in gap_sentence(gap(reason=TAIL_GAP_REASON_FORGOTTEN))
    assert "the database was replaced" in gap_sentence(gap(reason=TAIL_GAP_REASON_DATABASE_REPLACED))
    assert "a reason that this release does not know" in gap_sentence(TailGap(reason=99))  # type: ignore[arg-type]


def test_bodies_alone_leave_gaps_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    Printer(Output.RAW).gap(gap(reason=TAIL_GAP_REASON_SLOW, dropped=3))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "3 records" in captured.err


def test_a_connection_that_broke_without_a_token_is_a_gap_without_times(capsys: pytest.CaptureFixture[str]) -> None:
    Printer(Output.JSON).gap(TailGap())
    assert json.loads(capsys.readouterr().out) == {"gap": {"reason": "disconnected", "dropped": 0}}
    sentence = gap_sentence(TailGap())
    assert sentence.startswith("the connection broke") and "00:00" not in sentence
