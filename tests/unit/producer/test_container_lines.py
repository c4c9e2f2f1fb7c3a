"""A container's log: what the container wrote, however the runtime split and stamped it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logmesh.producer.container_lines import unwrap
from logmesh.producer.parsing import parse_line
from logmesh.producer.sources.lines import UNFINISHED_SECONDS, LineBuffer
from logmesh.producer.timestamps.clock import Clock

_AT = b"2025-01-02T03:04:05.000000006Z"


def _records(written: bytes) -> list[bytes]:
    buffer = LineBuffer()
    buffer.feed(written)
    return [unwrap(line.body)[0] for line in buffer.take(1000, 1 << 30, 0.0, True)]


def _line(text: bytes, stream: bytes = b"stderr", flag: bytes = b"F") -> bytes:
    return b"%b %b %b %b\n" % (_AT, stream, flag, text)


def test_a_trace_is_one_record() -> None:
    trace = [b"ERROR payment failed", b"java.lang.IllegalStateException: no", b"\tat shop.Pay.run(Pay.java:7)"]
    written = b"".join(map(_line, [b"ready", *trace, b"next"]))
    assert _records(written) == [b"ready", b"\n".join(trace), b"next"]


def test_a_trace_in_python_ends_where_it_ends() -> None:
    trace = [b"Traceback (most recent call last):", b'  File "a.py", line 1', b"ValueError: no"]
    assert _records(b"".join(map(_line, [*trace, b"next"]))) == [b"\n".join(trace), b"next"]


def test_the_other_stream_continues_nothing() -> None:
    written = _line(b"ERROR failed") + _line(b"\tindented", b"stdout") + _line(b"\tat shop")
    assert _records(written) == [b"ERROR failed", b"\tindented", b"\tat shop"]


def test_lines_that_the_runtime_split_are_whole_again() -> None:
    written = _line(b'{"level":"er', flag=b"P") + _line(b'ror","a"', flag=b"P") + _line(b":1}") + _line(b"next")
    assert _records(written) == [b'{"level":"error","a":1}', b"next"]
    _, first = unwrap(_line(b'{"level":"er', flag=b"P") + _line(b'ror"}')[:-1])
    assert parse_line(first, Clock()).severity == 17


def test_a_split_line_of_one_stream_does_not_take_the_other_s() -> None:
    assert _records(_line(b"be", flag=b"P") + _line(b"out", b"stdout")) == [b"be", b"out"]


@pytest.mark.parametrize("record", [b"", b"plain", b"plain\n\tmore", _AT + b" stdout X no flag", _AT + b" stdout F"])
def test_what_is_not_in_the_format_stays_as_it_is(record: bytes) -> None:
    assert unwrap(record) == (record, record.partition(b"\n")[0])


_texts = st.binary(max_size=40).map(lambda text: text.replace(b"\n", b"")) | st.just(_line(b"of another")[:-1])


@given(st.lists(_texts, min_size=1, max_size=8), st.data())
def test_what_was_written_comes_back(texts: list[bytes], data: st.DataObject) -> None:
    """Whatever the container writes, prefixes of its own among it, and wherever the runtime splits it."""
    record = b""
    for text in texts:
        cut = data.draw(st.integers(0, len(text)))
        record += (_line(text[:cut], flag=b"P") if cut else b"") + _line(text[cut:])
    assert unwrap(record[:-1])[0] == b"\n".join(texts)


def _in_json(text: str) -> bytes:
    return json.dumps({"log": text, "stream": "stderr", "time": "2025-01-02T03:04:05Z"}, separators=(",", ":")).encode()


def test_dockers_file_holds_what_the_container_wrote() -> None:
    assert unwrap(_in_json('{"level":"error"}\n')) == (b'{"level":"error"}', _in_json('{"level":"error"}\n'))
    split = _in_json("be") + b"\n" + _in_json("gin\n") + b"\n" + _in_json("more\n")
    assert unwrap(split) == (b"begin\nmore", _in_json("begin"))


@pytest.mark.parametrize("record", [b'{"log":"x"}', b'{"log":"x","time":"y","n":1}', b'{"log":"x', b'{"log":"",]'])
def test_other_objects_with_a_log_stay_as_they_are(record: bytes) -> None:
    assert unwrap(record) == (record, record)


@pytest.mark.parametrize("join", [True, False])
def test_split_lines_are_whole_and_wait_for_their_rest_joined_or_not(join: bool) -> None:
    buffer = LineBuffer(join=join)
    buffer.feed(_line(b"one") + _line(b"half ", flag=b"P") + _line(b"of ", flag=b"P"))
    found = [unwrap(line.body)[0] for line in buffer.take(9, 1 << 20, 4.0, False)]
    buffer.feed(_line(b"a line") + _line(b"  other"))
    found += [unwrap(line.body)[0] for line in buffer.take(9, 1 << 20, 4.0, True)]
    assert found == ([b"one", b"half of a line\n  other"] if join else [b"one", b"half of a line", b"  other"])


def test_without_joining_a_split_line_whose_rest_never_comes_is_handed_out() -> None:
    buffer = LineBuffer(join=False)
    buffer.feed(_line(b"half", flag=b"P"))
    assert buffer.take(9, 1 << 20, UNFINISHED_SECONDS - 0.1, False) == []
    (line,) = buffer.take(9, 1 << 20, UNFINISHED_SECONDS, False)
    assert unwrap(line.body)[0] == b"half" and not len(buffer)


def test_without_joining_a_split_line_of_one_stream_does_not_take_the_other_s() -> None:
    buffer = LineBuffer(join=False)
    buffer.feed(_line(b"half", flag=b"P") + _line(b"error", b"stdout") + _line(b" of it"))
    assert [unwrap(line.body)[0] for line in buffer.take(9, 1 << 20, 0.0, True)] == [b"half", b"error", b" of it"]


def test_without_joining_a_split_line_that_is_too_large_comes_in_parts() -> None:
    buffer = LineBuffer(join=False)
    piece = b"x" * 16_384
    buffer.feed(_line(piece, flag=b"P") * 40 + _line(b"end") + _line(b"next"))
    lines = buffer.take(99, 1 << 30, 0.0, True)
    assert [line.part for line in lines] == [1, 2, 3, 0]
    assert b"".join(unwrap(line.body)[0] for line in lines) == piece * 40 + b"end" + b"next"


@given(
    st.lists(
        st.tuples(st.sampled_from([b"stdout", b"stderr"]), st.sampled_from(b"PF"), st.integers(0, 40_000)), max_size=30
    ),
    st.integers(5_000, 90_000),
)
@settings(max_examples=50)
def test_without_joining_no_byte_is_lost_however_the_file_is_cut(
    pieces: list[tuple[bytes, int, int]], cut: int
) -> None:
    data = b"".join(_line(b"y" * length, stream, bytes([flag])) for stream, flag, length in pieces)
    buffer, found = LineBuffer(join=False), list[bytes]()
    for start in range(0, len(data), cut):
        buffer.feed(data[start : start + cut])
        found += [line.body for line in buffer.take(3, 50_000, 0.0, False)]
    while lines := buffer.take(3, 50_000, 0.0, True):
        found += [line.body for line in lines]
    assert b"".join(body + b"\n" for body in found) == data
    assert buffer.offset == len(data)


def test_docker_s_split_lines_are_whole_without_joining() -> None:
    def line(text: str) -> bytes:
        return (
            json.dumps({"log": text, "stream": "stdout", "time": _AT.decode()}, separators=(",", ":")).encode() + b"\n"
        )

    buffer = LineBuffer(join=False)
    buffer.feed(line("half ") + line("of it\n") + line("  next\n"))
    assert [unwrap(found.body)[0] for found in buffer.take(9, 1 << 20, 0.0, True)] == [b"half of it", b"  next"]
