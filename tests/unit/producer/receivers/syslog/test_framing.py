"""Messages come out of a connection's bytes the same however these were cut, and none of their bytes is left out."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from logmesh.producer.receivers.syslog.framing import Framer, Message, Part
from logmesh.record.limits import MAX_BODY_BYTES


def _framed(*pieces: bytes, most_bytes: int = MAX_BODY_BYTES) -> list[Message]:
    framer = Framer(most_bytes)
    messages = [message for piece in pieces for message in framer.feed(piece)]
    return messages + framer.end()


def _texts(messages: list[Message]) -> list[bytes | tuple[bytes, int, bool]]:
    return [(one.text, one.number, one.is_cut_short) if isinstance(one, Part) else one for one in messages]


def _counted(message: bytes) -> bytes:
    return b"%d %b" % (len(message), message)


def test_counted_messages_may_hold_line_feeds_and_nuls() -> None:
    first, second = b"<13>1 - - - - - two\nlines", b"<14>a\0b"
    assert _framed(_counted(first) + _counted(second)) == [first, second]


def test_lines_end_with_lf_crlf_or_nul() -> None:
    assert _framed(b"<13>a\n<13>b\r\n<13>c\0<13>d") == [b"<13>a", b"<13>b", b"<13>c", b"<13>d"]


def test_each_message_is_framed_in_its_own_way() -> None:
    assert _framed(b"<13>a\n" + _counted(b"<13>b") + b"<13>c\n" + _counted(b"<13>d\n") + b"\n<13>e\n") == [
        b"<13>a", b"<13>b", b"<13>c", b"<13>d", b"<13>e",
    ]  # fmt: skip


def test_a_line_that_begins_with_a_number_is_not_counted() -> None:
    lines = [b"12 monkeys", b"2026 <not a priority>", b"7 <1234>x", b"0 <13>x", b"1234567890 <13>x", b"42"]
    assert _framed(b"\n".join(lines)) == lines


def test_empty_messages_are_none() -> None:
    assert _framed(b"\n\n\r\n\0\n<13>a\n\n") == [b"<13>a"]


def test_a_message_is_handed_out_as_soon_as_its_end_is_there() -> None:
    framer = Framer()
    assert framer.feed(b"<13>a\n5 <13>") == [b"<13>a"]
    assert framer.feed(b"b<13>c\n") == [b"<13>b", b"<13>c"]
    assert len(framer) == 0


def test_what_the_connections_end_cuts_short_is_kept_and_says_so() -> None:
    assert _texts(_framed(b"30 <13>only the begin")) == [(b"<13>only the begin", 1, True)]
    assert _framed(b"<13>without an end") == [b"<13>without an end"]
    assert _framed(b"30 <1") == [b"30 <1"]


def test_long_messages_come_in_parts() -> None:
    long = b"<13>" + b"x" * (2 * MAX_BODY_BYTES)
    for stream in (long + b"\n<13>next\n", _counted(long) + _counted(b"<13>next")):
        first, second, third, other = _framed(stream)
        assert isinstance(first, Part) and isinstance(second, Part) and isinstance(third, Part)
        assert first.text + second.text + third.text == long
        assert [first.number, second.number, third.number] == [1, 2, 3]
        assert first.of is second.of is third.of
        assert other == b"<13>next"


def test_a_message_of_the_most_bytes_is_whole() -> None:
    whole = b"<13>" + b"x" * (MAX_BODY_BYTES - 4)
    assert _framed(whole + b"\n") == [whole]
    assert _framed(_counted(whole)) == [whole]


def test_parts_end_where_characters_do() -> None:
    text = "<13>€€€€€€€€€€€".encode()
    assert [part.text.decode() for part in _framed(text, most_bytes=16) if isinstance(part, Part)] == [
        "<13>€€€€", "€€€€€", "€€",
    ]  # fmt: skip


def test_a_message_without_end_does_not_pile_up() -> None:
    for begin in (b"<13>", b"999999999 <13>"):
        framer = Framer()
        framer.feed(begin)
        for _ in range(40):
            framer.feed(b"\xff" * 100_000)
            assert len(framer) <= MAX_BODY_BYTES


_texts_of_messages = st.binary(max_size=30) | st.sampled_from(
    [
        b"<13>hi",
        b"<13>1 - - - - - hi",
        b"17 <3>",
        b"<191>\n",
        b"3",
        b"3 ",
        b"3 <13>",
        b"\0\0",
        b"\r",
        "<13>€€€€€€€".encode(),
    ]
)
_frames = st.one_of(
    _texts_of_messages.map(_counted),
    _texts_of_messages.map(lambda text: text + b"\n"),
    _texts_of_messages.map(lambda text: text + b"\r\n"),
    _texts_of_messages.map(lambda text: text + b"\0"),
    _texts_of_messages,
)
_streams = st.lists(_frames, max_size=12).map(b"".join) | st.text(alphabet="1234567890 <>\n\0a", max_size=60).map(
    str.encode
)
_most = st.sampled_from([16, 20, MAX_BODY_BYTES])


@settings(max_examples=300)
@given(_streams, _most, st.data())
def test_however_the_bytes_were_cut_the_messages_are_the_same(stream: bytes, most: int, data: st.DataObject) -> None:
    whole = _texts(_framed(stream, most_bytes=most))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=10)))
    pieces = [stream[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert _texts(_framed(*pieces, most_bytes=most)) == whole
    assert _texts(_framed(*(stream[at : at + 1] for at in range(len(stream))), most_bytes=most)) == whole


@settings(max_examples=300)
@given(_streams, _most)
def test_no_byte_is_left_out_but_trailers_and_counts(stream: bytes, most: int) -> None:
    position = 0
    for message in _framed(stream, most_bytes=most):
        text = message.text if isinstance(message, Part) else message
        assert 0 < len(text) <= most
        found = stream.index(text, position)
        assert re.fullmatch(rb"[\r\n\0]*(?:[1-9]\d{0,8} )?[\r\n\0]*", stream[position:found])
        position = found + len(text)
    assert not stream[position:].strip(b"\r\n\0") or re.fullmatch(rb"[\r\n\0]*[1-9]\d{0,8} ", stream[position:])


@settings(max_examples=300)
@given(_streams, st.data())
def test_what_is_let_go_early_are_parts_of_the_same_messages(stream: bytes, data: st.DataObject) -> None:
    framer = Framer()
    parts: list[Message] = []
    for at in range(len(stream)):
        parts += framer.feed(stream[at : at + 1])
        if data.draw(st.booleans()):
            parts += framer.let_go()
            assert len(framer) <= 16
    parts += framer.end()
    joined: list[bytes] = []
    of = None
    for part in parts:
        if isinstance(part, Part) and part.of is of:
            joined[-1] += part.text
        else:
            joined.append(part.text if isinstance(part, Part) else part)
        of = part.of if isinstance(part, Part) else None
    whole = [message.text if isinstance(message, Part) else message for message in _framed(stream)]
    trailers = b"\r\n\0"
    assert [text.rstrip(trailers) for text in joined] == [text.rstrip(trailers) for text in whole]
