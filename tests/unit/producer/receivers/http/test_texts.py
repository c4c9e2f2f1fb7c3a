"""What a sender says of a text, and what the text says itself."""

import json

from logmesh.producer.attributes import attributes_of
from logmesh.producer.parsed import Parsed
from logmesh.producer.receivers.http.texts import Outer, said_by_both
from logmesh.record.limits import MAX_ATTRIBUTES, MAX_ATTRIBUTES_BYTES

_SENT = {"user": "sent", "n": "1"}
_OUTER = Outer(fields=_SENT, attributes=attributes_of(_SENT, 0))


def test_the_sender_stands_before_the_text() -> None:
    inner = Parsed(5, 9, b"INFO", b'{"user":"text","x":1.50}', b"t" * 16, b"s" * 8)
    both = said_by_both(Outer(7, 17, b"error", b"T" * 16, b"", _SENT, _OUTER.attributes), inner)
    assert both[:3] == (7, 17, b"error")
    assert (both.trace_id, both.span_id) == (b"T" * 16, b"")
    assert json.loads(both.attributes) == {"user": "sent", "n": "1", "x": 1.5}
    assert said_by_both(Outer(), inner) == inner


def test_names_are_there_once_each() -> None:
    text = said_by_both(_OUTER, Parsed(attributes=b'{"user":"text","x":1}')).attributes
    assert text.count(b'"user"') == 1


def test_what_is_too_much_for_a_record_stays_in_the_body() -> None:
    many = b"{%b}" % b",".join(b'"f%d":1' % n for n in range(MAX_ATTRIBUTES - 1))
    assert said_by_both(_OUTER, Parsed(attributes=many)).attributes == _OUTER.attributes
    long = b'{"x":"%b"}' % (b"x" * MAX_ATTRIBUTES_BYTES)
    assert said_by_both(_OUTER, Parsed(attributes=long)).attributes == _OUTER.attributes


def test_a_text_that_no_reader_takes_costs_the_sender_nothing() -> None:
    beyond = b'{"user":' + b"[" * 2_000 + b"]" * 2_000 + b"}"
    assert said_by_both(_OUTER, Parsed(attributes=beyond)).attributes == _OUTER.attributes
