"""Attributes become what a parser makes of them, whatever was seen before, and ever new values leave what comes again in its place."""

import sys
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from logmesh.producer.receivers.otlp.attributes import Members, attribute_texts
from logmesh.producer.receivers.otlp.messages import KeyValue
from logmesh.producer.receivers.otlp.values import json_of
from logmesh.record.json_text import dump_json

numbers = st.one_of(st.integers(0, 1 << 29), st.integers(-(1 << 63), (1 << 63) - 1))
texts = st.one_of(st.text("aB7-", max_size=140), st.text(st.characters(codec="utf-8"), max_size=140))
names = st.text("abc.\u00e9", max_size=140)


@given(st.one_of(numbers, texts), names)
def test_a_value_comes_back(value: int | str, name: str) -> None:
    (text,) = attribute_texts([attribute(name, value)])
    assert orjson.loads(text) == {name: value}


@given(st.one_of(numbers, texts), names, st.data())
def test_damaged_bytes_are_what_a_parser_says(value: int | str, name: str, data: st.DataObject) -> None:
    members, whole = Members(), attribute(name, value)
    members[whole]  # what it begins with is known from here on
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(damaged)))
        damaged[at : at + data.draw(st.integers(0, 1))] = data.draw(st.binary(max_size=2))
    try:
        expected = parsed(bytes(damaged))
    except DecodeError:
        with pytest.raises(DecodeError):
            members[bytes(damaged)]
    else:
        assert members[bytes(damaged)] == expected
        assert members[bytes(damaged)] == expected


@pytest.mark.parametrize("ever_new", [str, int], ids=["texts", "numbers"])
def test_what_comes_again_stays_remembered_beside_ever_new_values(ever_new: type) -> None:
    members = Members()
    again = [attribute("region", f"eu-{number}") for number in range(10)]
    for number in range(50_000):
        new = attribute("order", ever_new(number))
        assert members[new] == parsed(new)
        assert members[again[number % 10]] == parsed(again[number % 10])
    assert sorted(members) == sorted([b"", *again])


def test_ever_new_values_of_one_name_are_read_at_once_beside_whatever_stands_among_them() -> None:
    members = Members()
    for begin in range(0, 50_000, 1_000):
        ids = [attribute("order", f"a{number}") for number in range(begin, begin + 1_000)]
        assert members.of_all(ids) == list(map(parsed, ids))
    assert len(members) < 20_000
    others = [
        attribute("order", "ä"), attribute("order", 'say "no"'), attribute("order", 7), attribute("order", "x" * 300),
        attribute("order", ""), attribute("order", "a1") + attribute("order", "a2"), KeyValue(key=b"order").SerializeToString(),
        attribute("region", "eu-1"), b"\x0a", b"\x0a\0",
    ]  # fmt: skip
    good = [each for each in others if each != b"\x0a"]
    assert members.of_all([attribute("order", "b1"), *good]) == list(map(parsed, [attribute("order", "b1"), *good]))
    with pytest.raises(DecodeError):
        members.of_all([attribute("order", "b1"), *others])


def test_threads_read_at_once() -> None:
    members = Members()

    def read(thread: int) -> None:
        for number in range(30_000):
            new = attribute(f"name{thread}-{number % 3_000}", "a text" if number % 2 else f"{number} ones")
            assert members.of_all([new, b"", new]) == [parsed(new), b"}\0", parsed(new)]

    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(read, range(4)))
    finally:
        sys.setswitchinterval(switch)


def test_what_is_remembered_is_bounded() -> None:
    members = Members()
    for number in range(100_000):
        members[attribute(f"name{number}", "a value of a name that comes once")]
    assert len(members) <= 20_000


def attribute(name: str, value: int | str) -> bytes:
    """A serialised KeyValue."""
    message = KeyValue(key=name.encode())
    if isinstance(value, int):
        message.value.int_value = value
    else:
        message.value.string_value = value.encode()
    return bytes(message.SerializeToString())


def parsed(raw: bytes) -> bytes:
    """The member that a parser finds. Raises DecodeError."""
    message = KeyValue.FromString(raw)
    return b"," + dump_json(message.key.decode("utf-8", "replace")) + b":" + dump_json(json_of(message.value))
