"""Which lines are one record: as languages and servers write them, wherever the bytes are cut, and after a restart alike."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.unit.producer.joining_cases import CASES

from logmesh.producer.container_lines import unwrap
from logmesh.producer.joining import joiner, traces
from logmesh.producer.joining.ahead import Ahead
from logmesh.producer.joining.alike import KnownShapes, is_plain
from logmesh.producer.joining.beginnings import CLOCK, DATED, FIELDS, JSON, LEVEL, NONE, REQUEST, UNKNOWN, beginning
from logmesh.producer.joining.joiner import Joiner
from logmesh.producer.joining.streams import stream_of
from logmesh.producer.sources.lines import JOIN_SECONDS, LineBuffer

PREFIXED = ("compose", "docker's services", "kubectl's prefixes", "valgrind")


def _records(written: bytes) -> list[bytes]:
    buffer = LineBuffer()
    buffer.feed(written)
    return [line.body for line in buffer.take(100_000, 1 << 30, 0.0, True)]


def _file(records: list[str]) -> bytes:
    return "".join(f"{record}\n" for record in records).encode()


def _times(count: int, text: str = "INFO ready") -> list[str]:
    return [f"2026-01-02 03:04:{second:02},123 {text}" for second in range(count)]


@pytest.mark.parametrize("name", CASES)
def test_lines_of_one_record_stay_together(name: str) -> None:
    records = CASES[name]
    assert _records(_file(records)) == [record.encode() for record in records]


# One prefix is enough.
WRAPPED = [name for name in CASES if name not in PREFIXED]


@pytest.mark.parametrize("name", WRAPPED)
def test_a_container_s_records_are_those_that_it_wrote(name: str) -> None:
    records = CASES[name]
    at = b"2026-01-02T03:04:05.123456789Z stderr F "
    written = b"".join(at + line + b"\n" for line in _file(records).split(b"\n")[:-1])
    assert [unwrap(record)[0] for record in _records(written)] == [record.encode() for record in records]


@pytest.mark.parametrize("name", WRAPPED)
def test_so_are_those_in_docker_s_json_file(name: str) -> None:
    records = CASES[name]
    lines = [
        json.dumps(
            {"log": line + "\n", "stream": "stderr", "time": "2026-01-02T03:04:05.123456789Z"}, separators=(",", ":")
        )
        for line in _file(records).decode().split("\n")[:-1]
    ]
    assert [unwrap(record)[0] for record in _records(_file(lines))] == [record.encode() for record in records]


_pieces = st.lists(st.sampled_from(sorted(CASES)) | st.integers(1, 7) | st.just(-300), min_size=1, max_size=4)


def _piece(piece: str | int) -> bytes:
    """A case, so many lines with a time, or so many without."""
    if isinstance(piece, str):
        return _file(CASES[piece])
    return _file(_times(piece) if piece > 0 else [f"copying {number}" for number in range(-piece)])


@settings(max_examples=60)
@given(_pieces, st.data())
def test_wherever_it_is_cut_and_started_anew_the_records_are_the_same(
    pieces: list[str | int], data: st.DataObject
) -> None:
    written = b"".join(map(_piece, pieces))
    buffer, got = LineBuffer(), list[bytes]()
    while True:
        ended = buffer.end == len(written)
        if not ended:
            size = data.draw(st.sampled_from([1, 30, 300, 3_000, 3_000]) | st.integers(1, 200))
            buffer.feed(written[buffer.end : buffer.end + size])
        limit = data.draw(st.sampled_from([1, 2, 1000]))
        lines = buffer.take(limit, 1 << 20, 0.0, ended)
        got += [line.body for line in lines]
        if ended and not lines:
            break
        if data.draw(st.booleans()):
            # A restart has nothing but this, which comes from disk.
            buffer = LineBuffer.at(json.loads(json.dumps(buffer.position())))
    assert got == _records(written)


def test_a_program_s_output_below_one_time_is_not_swallowed() -> None:
    written = [
        "2026-01-02 03:04:05 backup begins",
        *(f"copying {number}" for number in range(1_000)),
        "ERROR: disk full",
    ]
    assert _records(_file(written)) == [line.encode() for line in written]


def test_what_was_learned_wrongly_is_unlearned() -> None:
    """Where a program stops writing times, its lines are found one by one again, the first few hundred of them apart."""
    output = [f"copying {number}" for number in range(1_000)]
    records = _records(_file([*_times(50), *output]))
    assert records[:49] == [line.encode() for line in _times(49)]
    assert records[-700:] == [line.encode() for line in output[-700:]]


def test_among_lines_without_a_time_it_takes_more_to_be_sure() -> None:
    apart = ["starting", *_times(4), "no time", "no time", *_times(5)]
    assert _records(_file([*apart, "no time", *_times(1)])) == [
        *(line.encode() for line in apart[:-1]),
        f"{apart[-1]}\nno time".encode(),
        _times(1)[0].encode(),
    ]


def test_a_line_that_decides_is_waited_for() -> None:
    buffer = LineBuffer()
    buffer.feed(_file([*_times(1), "more of it"]))
    assert buffer.take(9, 1 << 20, 0.0, False) == []
    buffer.feed(_file(_times(2)))
    assert next(line.body for line in buffer.take(9, 1 << 20, 0.0, False)) == _file(_times(1)) + b"more of it"
    buffer = LineBuffer()
    buffer.feed(_file([*_times(1), "more of it"]))
    assert [line.body for line in buffer.take(9, 1 << 20, JOIN_SECONDS, False)] == [
        _file(_times(1))[:-1],
        b"more of it",
    ]


def test_a_position_of_before_anything_was_learned_is_read() -> None:
    buffer = LineBuffer.at({"offset": 7, "part": 0, "crc": None})
    assert buffer.position() == {"offset": 7, "part": 0, "crc": None}


def test_a_restart_within_a_trace_goes_on_as_before() -> None:
    buffer = LineBuffer()
    buffer.feed(_file(_times(10)))
    buffer.take(8, 1 << 20, 0.0, False)
    buffer = LineBuffer.at(json.loads(json.dumps(buffer.position())))
    buffer.feed(_file([*_times(1), "of no kind that is known", "nor this", *_times(1)]))
    records = [line.body for line in buffer.take(9, 1 << 20, JOIN_SECONDS, False)]
    assert [record.count(b"\n") for record in records] == [2, 0]


@pytest.mark.parametrize(
    ("line", "kind", "end"),
    [
        (b"2026-01-02 03:04:05,123 INFO x", DATED, 19),
        (b"2026-01-02T03:04:05Z x", DATED, 19),
        (b"2026/01/02 03:04:05 x", DATED, 19),
        (b"02.01.2026 03:04:05 x", DATED, 19),
        (b"01/02/2026 03:04:05 AM x", DATED, 19),
        (b"20260102 030405 7 x", DATED, 15),
        (b"20260102T030405,123 x", DATED, 15),
        (b"02-Jan-2026 03:04:05 x", DATED, 20),
        (b"Jan  2 03:04:05 host x", DATED, 15),
        (b"Fri Jan 02 03:04:05 2026 x", DATED, 19),
        (b"[Fri Jan 02 03:04:05 2026] x", DATED, 20),
        (b"<27>Jan  2 03:04:05 x", DATED, 5),
        (b"<165>1 2026-01-02T03:04:05Z x", DATED, 8),
        (b"10.0.0.1 - - [02/Jan/2026:03:04:05 +0000] x", DATED, 34),
        (b"time=\"2026-01-02T03:04:05Z\" x", DATED, 25),
        (b"W0102 03:04:05.123456 7 a.go:1] x", DATED, 14),
        (b"INFO [2026-01-02 03:04:05] x", DATED, 25),
        (b"7:M 02 Jan 2026 03:04:05.123 # x", DATED, 24),
        (b"01-02 03:04:05.123  7  8 I x", DATED, 14),
        (b"03:04:05.123 x", CLOCK, 8),
        (b" 3:04:05 x", CLOCK, 8),
        (b"[03:04:05 INF] x", CLOCK, 9),
        (b"1767323045.123 x", CLOCK, 10),
        (b"[   12.345678] x", CLOCK, 14),
        (b"  WARN x", LEVEL, 6),
        (b"[error] x", LEVEL, 6),
        (b"<error> x", LEVEL, 6),
        (b"<error>x</error>", NONE, 0),
        (b"<ERROR>x</ERROR>", NONE, 0),
        (b"info: Shop.Cart[0]", LEVEL, 6),
        (b'{"a":1}', JSON, 1),
        (b'{"a":1', NONE, 1),
        (b"level=info msg=x", FIELDS, 15),
        (b"GET /x 200", REQUEST, 10),
        (b"error: x", NONE, 0),
        (b"INFORMATION x", NONE, 0),
        (b"ready since 2026-01-02 03:04:05", NONE, 0),
        (b"expires 2026-01-02T03:04:05Z", NONE, 0),
        (b"7 carts", NONE, 0),
        (b"", NONE, 0),
    ],
)  # fmt: skip
def test_what_a_line_begins_with(line: bytes, kind: str, end: int) -> None:
    found = beginning(line)
    assert (found.kind, found.end) == (kind, end)


@given(st.binary(max_size=200))
def test_any_bytes_begin_with_something(line: bytes) -> None:
    assert beginning(line).indent <= len(line)


_words = st.sampled_from(
    ["28", "1234", "1767323045", "2026", "Nov", "Sat", "at", "in", "created", "by", "goroutine", "Caused", "Error:",
     "a.B.CError", "web-1", "|", "-", "[02/Jan/2026:03:04:05", "[x]", "INFO", "info:", "a=1", "ts=2", "GET", "/x", "200",
     "03:04:05", "panic:", "The", "above", "exception", "was", "Exception", "Full", "thread", "dump", "node:a:12",
     "x.rb:12:in", "Stack", "trace:", "7:M", "02", "(x)"]
) | st.text("aB1:.- ", max_size=6)  # fmt: skip


@settings(max_examples=500)
@example(["a.B.CError", ":"])
@given(st.lists(_words, min_size=1, max_size=6))
def test_what_is_taken_for_plain_at_a_glance_is_plain(words: list[str]) -> None:
    line = " ".join(words).encode()
    if is_plain(line):
        assert beginning(line) is UNKNOWN and stream_of(line) == (b"", False, line)
        assert traces.block_of(line) is None
        assert not (
            traces.is_tied(line) or traces.explains(line) or traces.is_exception(line) or traces.may_be_call(line)
        )


_STARTS = [
    "2026-01-02 03:04:05 x", "03:04:05 x", "INFO x", "  WARN x", '{"a":1}', ' {"a":1}', '{"log":"x\\n","stream":"stdout","time":"x"}',
    "level=info msg=x", "GET /x 200", "ready", "Shop is open", "at x", "\tat a.B.c(D.java:7)", "Caused by: a.B", "", "  more",
    "Traceback (most recent call last):", "ValueError: no", "web-1  | ready", "web-1  | 03:04:05 x",
    "2026-01-02T03:04:05.123456789Z stdout F ready", "2026-01-02T03:04:05.123456789Z stderr P half ",
    '2026-01-02T03:04:05.123456789Z stdout F {"a":1}', "<a>", "</a>",
]  # fmt: skip


def _lines_of(kinds: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from([line for kind in kinds for line in (kind, f"{kind} 7")]), min_size=20, max_size=40)


@settings(max_examples=500)
# Few kinds, so that each comes again after something was learned from another.
@example(
    [*[_STARTS[4]] * 11, _STARTS[0], f"{_STARTS[4]} 7", *[_STARTS[0]] * 4, _STARTS[4], f"{_STARTS[4]} 7", _STARTS[0]]
)
@given(st.lists(st.sampled_from(_STARTS), min_size=2, max_size=5, unique=True).flatmap(_lines_of))
def test_what_is_known_at_a_glance_is_what_a_closer_look_says(lines: list[str]) -> None:
    ahead = Ahead([line.encode() for line in lines], True, 0)
    quick, thorough = Joiner(), Joiner()
    for at in range(len(lines)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(KnownShapes, "add", lambda *_: None)
            patch.setattr(joiner, "is_plain", lambda _: False)
            expected = thorough.continues(ahead, at)
        assert (quick.continues(ahead, at), quick.streams, quick.before) == (
            expected, thorough.streams, thorough.before,
        )  # fmt: skip
