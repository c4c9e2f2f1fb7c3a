"""Lines, joined traces and split lines: every byte is handed out once, however the stream is cut."""

import zlib

from hypothesis import given, settings
from hypothesis import strategies as st

from logmesh.producer.sources.lines import JOIN_SECONDS, UNFINISHED_SECONDS, Line, LineBuffer
from logmesh.record.limits import MAX_BODY_BYTES


def _all(buffer: LineBuffer, quiet: float = 0.0, ended: bool = False) -> list[bytes]:
    return [line.body for line in buffer.take(10_000, 1 << 30, quiet, ended)]


def test_the_last_line_waits_for_what_may_continue_it() -> None:
    buffer = LineBuffer()
    buffer.feed(b"one\ntwo\n")
    assert _all(buffer) == [b"one"]
    assert buffer.offset == 4
    buffer.feed(b"\tmore\n")
    assert _all(buffer) == []
    assert _all(buffer, quiet=JOIN_SECONDS) == [b"two\n\tmore"]


def test_an_unfinished_line_becomes_a_first_part() -> None:
    buffer = LineBuffer()
    buffer.feed(b"half")
    assert _all(buffer, quiet=JOIN_SECONDS) == []
    assert buffer.take(9, 99, UNFINISHED_SECONDS, False) == [Line(b"half", 0, 0)]
    assert (buffer.offset, buffer.part) == (4, 1)
    buffer.feed(b" a line\nnext\n")
    assert buffer.take(9, 99, JOIN_SECONDS, False) == [Line(b" a line", 2, 4), Line(b"next", 0, 12)]
    assert buffer.part == 0


def test_an_endless_line_does_not_pile_up() -> None:
    buffer = LineBuffer()
    for _ in range(40):
        buffer.feed(b"x" * 100_000)
        buffer.take(100, 1 << 30, 0.0, False)
        assert len(buffer) <= MAX_BODY_BYTES
    assert buffer.part == 15


def test_a_trace_that_never_ends_is_cut_at_the_limit() -> None:
    buffer = LineBuffer()
    buffer.feed(b"ERROR x\n" + b"\tat somewhere\n" * 40_000)
    bodies = _all(buffer, ended=True)
    assert b"\n".join(bodies) + b"\n" == b"ERROR x\n" + b"\tat somewhere\n" * 40_000
    assert len(bodies) == 3 and max(map(len, bodies)) <= MAX_BODY_BYTES


def test_parts_of_a_record_of_many_lines_are_counted_after_a_restart_too() -> None:
    buffer = LineBuffer()
    buffer.feed(b"ERROR x\n" + b"\tat somewhere\n" * 40_000 + b"next\n")
    parts = list[int]()
    while lines := buffer.take(1, 1 << 30, JOIN_SECONDS, False):
        parts += [line.part for line in lines]
        rest = buffer._data
        buffer = LineBuffer.at(buffer.position())
        buffer.feed(rest)
    assert parts == [1, 2, 3, 0]


def test_nuls_that_a_line_begins_with_are_passed_over_and_others_stay() -> None:
    buffer = LineBuffer()
    buffer.feed(b"ERROR x\n" + bytes(5))
    assert (_all(buffer, quiet=JOIN_SECONDS), buffer.offset) == ([b"ERROR x"], 8)
    assert (_all(buffer, quiet=UNFINISHED_SECONDS), buffer.offset) == ([], 8)  # they go with what comes behind them
    buffer.feed(bytes(5) + b"a\0b\n" + bytes(2) + b"\n")
    assert buffer.take(9, 99, JOIN_SECONDS, False)[0] == Line(b"a\0b", 0, 18)
    buffer.feed(b"half")
    assert _all(buffer, quiet=UNFINISHED_SECONDS)[-1:] == [b"half"]
    buffer.feed(bytes(3) + b" a line\n")
    assert _all(buffer, quiet=JOIN_SECONDS) == [bytes(3) + b" a line"]


def test_a_hole_of_any_size_is_done_with_as_it_is_read() -> None:
    buffer = LineBuffer()
    for at in range(1, 41):
        buffer.feed(bytes(100_000))
        assert buffer.take(100, 1 << 30, 0.0, False) == []
        assert len(buffer) == 0 and buffer.end - buffer.offset <= MAX_BODY_BYTES and buffer.end == at * 100_000
    buffer = LineBuffer.at(buffer.position())
    buffer.feed(bytes(4_000_000 - buffer.offset) + b"2025-01-02 ERROR x\n\tat y\n")
    assert buffer.take(9, 99, JOIN_SECONDS, False) == [Line(b"2025-01-02 ERROR x\n\tat y", 0, 4_000_000)]
    assert (buffer.offset, buffer.crc) == (4_000_025, zlib.crc32(bytes(4_000_000) + b"2025-01-02 ERROR x\n\tat y\n"))


lines = st.sampled_from(
    [b"plain\n", b"\n", b"\tat x\n", b"Traceback (most recent call last):\n", b"ValueError: x\n", b"panic: x\n",
     b"goroutine 1 [running]:\n", b"2025-01-02 ERROR x\n", b"a.b.CException: x\n", "é€😀".encode() * 40_000 + b"\n", b"\xff\n",
     bytes(3) + b"2025-01-02 INFO x\n", bytes(700_000) + b"behind a hole\n", bytes(9) + b"\n"]
)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(lines, max_size=12), st.data())
def test_however_it_is_cut_every_byte_comes_once(written: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(written)
    buffer = LineBuffer()
    got = bytearray()
    while buffer.end < len(stream) or len(buffer):
        ended = buffer.end >= len(stream)
        if not ended:
            size = data.draw(st.sampled_from([1, 7, 100_000, 400_000]) | st.integers(1, 50))
            buffer.feed(stream[buffer.end : buffer.end + size])
        before = buffer.offset
        quiet = data.draw(st.sampled_from([0.0, JOIN_SECONDS, UNFINISHED_SECONDS]))
        taken = buffer.take(data.draw(st.integers(1, 5)), 1 << 20, quiet, ended)
        consumed = stream[before : buffer.offset]
        got += consumed
        assert b"".join(line.body for line in taken).replace(b"\n", b"") == consumed.translate(None, b"\n\0")
        assert all(stream.startswith(line.body.partition(b"\n")[0], line.offset) for line in taken)
        assert buffer.crc == zlib.crc32(stream[: buffer.offset])
        # A restart goes on from here with nothing but this.
        if data.draw(st.booleans()):
            buffer = LineBuffer.at(buffer.position())
    assert bytes(got) == stream


def _records(text: str) -> list[list[str]]:
    buffer = LineBuffer()
    buffer.feed(text.encode())
    return [body.decode().split("\n") for body in _all(buffer, ended=True)]


def test_a_chained_python_traceback_is_one_record() -> None:
    text = (
        "ERROR failed\nTraceback (most recent call last):\n  File x\nKeyError: 'a'\n\n"
        "During handling of the above exception, another exception occurred:\n\n"
        "Traceback (most recent call last):\n  File y\napp.errors.Bad\nINFO next"
    )
    assert [len(record) for record in _records(text)] == [10, 1]


def test_a_trace_is_not_joined_to_a_record_without_trouble() -> None:
    text = "all well\nTraceback (most recent call last):\n  File x\nKeyError: 'a'\nall well"
    assert [len(record) for record in _records(text)] == [1, 3, 1]


def test_java_exceptions_are_joined_with_their_causes() -> None:
    text = "10:00 ERROR x\njava.lang.Error: y\n\tat a.b(C.java:1)\nCaused by: z\n\t... 2 more\n10:01 INFO ok"
    assert [len(record) for record in _records(text)] == [5, 1]


def test_without_joining_every_line_is_a_record() -> None:
    data = b"Traceback (most recent call last):\n  File x\n\n\tat y\r\ntail"
    buffer = LineBuffer(join=False)
    buffer.feed(data)
    lines = buffer.take(100, 1 << 20, 0.0, ended=True)
    assert [line.body for line in lines] == [
        b"Traceback (most recent call last):",
        b"  File x",
        b"",
        b"\tat y\r",
        b"tail",
    ]
    assert [line.part for line in lines] == [0] * 5
    assert buffer.offset == len(data)


def test_without_joining_a_line_of_any_length_loses_no_byte_and_an_unfinished_one_waits() -> None:
    long = b"x" * (3 * MAX_BODY_BYTES + 5)
    buffer = LineBuffer(join=False)
    buffer.feed(b"one\n" + long)
    lines = buffer.take(100, 1 << 30, 0.0, ended=False)
    assert lines[0].body == b"one"
    buffer.feed(b"\ntwo")
    lines += buffer.take(100, 1 << 30, 0.0, ended=False)
    assert b"".join(line.body for line in lines[1:]) == long
    assert [line.body for line in buffer.take(100, 1 << 30, 10.0, ended=False)] == [b"two"]
