"""Streams in UTF-16 come as UTF-8, wherever they are cut, and their positions count the bytes of the file."""

import json
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logmesh.producer.sources.encodings import UTF_8, Utf16, find_encoding
from logmesh.producer.sources.lines import JOIN_SECONDS, UNFINISHED_SECONDS, LineBuffer

TEXT = "2026-01-02 03:04:05,123 ERROR größer\r\n\tat a.b\r\n2026-01-02 03:04:06,123 INFO 🚀 日本\r\nlast"
BODIES = ["2026-01-02 03:04:05,123 ERROR größer\r\n\tat a.b\r", "2026-01-02 03:04:06,123 INFO 🚀 日本\r", "last"]

WRITTEN = {
    "utf-8 with a mark": b"\xef\xbb\xbf" + TEXT.encode(),
    "utf-16 little with a mark": b"\xff\xfe" + TEXT.encode("utf-16-le"),
    "utf-16 little": TEXT.encode("utf-16-le"),
    "utf-16 big with a mark": b"\xfe\xff" + TEXT.encode("utf-16-be"),
    "utf-16 big": TEXT.encode("utf-16-be"),
}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("name", WRITTEN)
def test_it_is_decoded_wherever_it_is_cut(name: str, restart: bool, size: int) -> None:
    written = WRITTEN[name]
    buffer = LineBuffer()
    got: list[bytes] = []
    while buffer.end < len(written) or len(buffer):
        buffer.feed(written[buffer.end : buffer.end + size])
        lines = buffer.take(1, 1 << 20, 0.0, buffer.end == len(written))
        got += [line.body for line in lines]
        assert buffer.crc == zlib.crc32(written[: buffer.offset])
        if restart:
            buffer = LineBuffer.at(json.loads(json.dumps(buffer.position())))
            size += 1  # what was not handed out is read again: in larger pieces, to come to an end
    assert b"\n".join(got).decode() == "\n".join(BODIES)
    assert buffer.offset == len(written)


def test_a_place_is_where_the_record_begins_in_the_file() -> None:
    written = WRITTEN["utf-16 little with a mark"]
    buffer = LineBuffer(join=False)
    buffer.feed(written)
    lines = buffer.take(9, 1 << 20, 0.0, True)
    assert [line.offset for line in lines] == [
        written.index(text.encode("utf-16-le"))
        for text in ("2026-01-02 03:04:05", "\tat", "2026-01-02 03:04:06", "last")
    ]


def test_a_line_of_many_megabytes_is_split_between_characters() -> None:
    written = ("é🚀" * 200_000 + "\n").encode("utf-16")
    buffer = LineBuffer()
    buffer.feed(written)
    parts = buffer.take(99, 1 << 30, 0.0, True)
    assert b"".join(part.body for part in parts).decode() == "é🚀" * 200_000
    assert len({part.offset for part in parts}) == len(parts) > 3
    assert buffer.offset == len(written)


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"", None),
        (b"a", None),
        (b"\xff", None),
        (b"\xef\xbb", None),
        (b"a\0", None),
        (b"a\0b", None),
        (b"a\0b\0", ("utf-16-le", 0)),
        (b"\0a\0b", ("utf-16-be", 0)),
        (b"ab", (UTF_8, 0)),
        (b"\n\n", (UTF_8, 0)),
        (b"a\0\0\0", (UTF_8, 0)),
        (b"\0\x01\x02\x03", (UTF_8, 0)),
        (b"\x01\0\x02\0", (UTF_8, 0)),
        (bytes(100), (UTF_8, 0)),
        (b"\xff\xfe", ("utf-16-le", 2)),
        (b"\xfe\xff\0", ("utf-16-be", 2)),
        (b"\xef\xbb\xbfa", (UTF_8, 3)),
        (b"\xe9t\xe9", (UTF_8, 0)),
    ],
)
def test_the_first_bytes_tell(head: bytes, found: tuple[str, int] | None) -> None:
    assert find_encoding(head, False) == found
    assert find_encoding(head, True) == (found or (UTF_8, 0))


def test_so_few_bytes_that_they_tell_nothing_are_not_kept_for_ever() -> None:
    buffer = LineBuffer()
    buffer.feed(b"\n")
    assert buffer.take(9, 99, 0.0, False) == [] and len(buffer) == 1
    assert [line.body for line in buffer.take(9, 99, JOIN_SECONDS, False)] == [b""]
    buffer = LineBuffer()
    buffer.feed(b"a")
    assert [line.body for line in buffer.take(9, 99, UNFINISHED_SECONDS, False)] == [b"a"]
    buffer = LineBuffer()
    buffer.feed(b"a\0b")
    assert [line.body for line in buffer.take(9, 99, 0.0, True)] == [b"a\0b"]


def test_a_last_character_that_is_cut_off_is_kept() -> None:
    buffer = LineBuffer()
    buffer.feed("one\ntwo".encode("utf-16") + b"x")
    assert [line.body for line in buffer.take(9, 99, 0.0, True)] == [b"one", b"two", b"x"]
    assert buffer.offset == buffer.end and not len(buffer)


@settings(max_examples=200)
@given(st.binary(max_size=60), st.sampled_from(["utf-16-le", "utf-16-be"]), st.data())
def test_any_bytes_come_back(written: bytes, encoding: str, data: st.DataObject) -> None:
    """Half a pair, too; only what is decoded is encoded again, so that an odd byte is left."""
    decoder, text, at = Utf16(encoding), b"", 0
    while at < len(written):
        size = data.draw(st.integers(1, 9))
        text += decoder.decode(written[at : at + size])
        at += size
    text += decoder.decode(b"", final=True)
    assert decoder.encode(text) + decoder.take_rest() == written
