"""Secrets are found wherever they stand, nothing else is, and all around them stays as it came."""

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.producer.rules.chunks import PRIVATE_KEY, SECRETS, SHOP, chunk_of

from logmesh.producer.rules.patterns import BUILT_IN, Pattern
from logmesh.producer.rules.prescan import Prescan
from logmesh.producer.rules.redact import Redact, redact_json, redact_text
from logmesh.producer.rules.view import View

REDACT = Redact(BUILT_IN)
INNOCENT = (
    b"2026-12-01 11:31:42.123456 INFO took 1764588702123456789 ns, 12 of 3456 7890 in 0.4111111111111111 s",
    b"order 4111111111111112 of 2026-12-01 1234 5678",  # no checksum
    b"request 0b6f4111-1111-1111-1111-111111111111 of 4bf92f3577b34da6a3ce929d0e0e4736",
    b"id 41111111111111110000000, version 1.4111111111111111",
    b"ERROR bearer misconfiguration-of-the-proxy, Bearer authentication failed",
    b"eyJ is no token, nor is AKIA, ghp_short, sk-1 or user@ or @home",
    b"-----BEGIN PUBLIC KEY-----",
    b"",
)


def redacted(*bodies: bytes, redact: Redact = REDACT) -> list[bytes]:
    """What becomes of bodies; attributes of the same text, as JSON's, are asserted to become the same."""
    return list(redact(View(chunk_of(bodies), 0), list(range(len(bodies)))).chunk.bodies)


@pytest.mark.parametrize("secret", SECRETS, ids=lambda secret: secret[:24].decode())
def test_a_secret_is_replaced_between_whatever_stands_around_it(secret: bytes) -> None:
    for before, after in (
        (b"", b""),
        (b"paid with ", b" today"),
        (b"x='", b"', y"),
        (b"\xff\xfe=", b"\n\x80"),
        (b"\x1b[1;31m", b"\x1b[0m"),
    ):
        other = b"nothing here"
        assert redacted(other, before + secret + after, other) == [other, before + SECRETS[secret] + after, other]


@pytest.mark.parametrize("secret", SECRETS, ids=lambda secret: secret[:24].decode())
def test_a_secret_in_attributes_is_replaced_and_they_stay_json(secret: bytes) -> None:
    text, new = secret.decode(), SECRETS[secret].decode()
    for around in ("{}", "a\n{}\tb", '"{}"', "ü {} \\", "\u2028{}"):
        fields = {"n": 12345, text: "a name", "deep": [{"of": around.replace("{}", text)}], "last": None}
        expected = {**fields, "deep": [{"of": around.replace("{}", new)}]}
        for as_ascii in (True, False):
            attributes = json.dumps(fields, ensure_ascii=as_ascii).encode()
            done = REDACT(View(chunk_of([b"x"], attributes=[attributes]), 0), [0])
            assert json.loads(done.chunk.attributes[0]) == expected
            assert redacted(attributes) == done.chunk.attributes  # a body that is JSON


def test_a_number_that_is_a_card_becomes_a_text() -> None:
    assert redacted(b'{"card":4111111111111111, "x": [5555555555554444]}') == [
        b'{"card":"[redacted:card]", "x": ["[redacted:card]"]}'
    ]
    assert redacted(b'{"x":0.4111111111111111,"y":-4e15}') == [b'{"x":0.4111111111111111,"y":-4e15}']


def test_what_is_no_secret_stays() -> None:
    done = REDACT(View(chunk := chunk_of(INNOCENT), 0), list(range(len(INNOCENT))))
    assert done.chunk is chunk
    assert not done.counts


def test_escapes_of_json_hide_nothing() -> None:
    assert redacted(rb'{"m":"ann\u0040example.com","u":"https:\/\/x\/AKIAIOSFODNN7EXAMPLE"}') == [
        rb'{"m":"[redacted:email]","u":"https://x/[redacted:aws_key]"}'
    ]


@pytest.mark.parametrize("secret", SECRETS, ids=lambda secret: secret[:24].decode())
def test_what_json_writes_in_ascii_hides_no_secret(secret: bytes) -> None:
    """Whatever letters a secret has, and whatever stands beside it."""
    for around in ("{}", "quittance à {}", "日本{}日本", "письмо/{}\n", "\N{PILE OF POO}{}"):
        line = json.dumps({"msg": around.replace("{}", secret.decode())})
        [new] = redacted(line.encode())
        assert json.loads(new) == {"msg": around.replace("{}", SECRETS[secret].decode())}


@pytest.mark.parametrize("address", ["jan@żabka.pl", "иван@пример.рф", "νίκος@ελλάδα.gr"])
def test_an_address_whose_letters_json_writes_as_escapes_is_found(address: str) -> None:
    for as_ascii in (True, False):
        line = json.dumps({"msg": f"receipt to {address}, as wanted"}, ensure_ascii=as_ascii).encode()
        assert redacted(b"other", line) == [b"other", b'{"msg": "receipt to [redacted:email], as wanted"}']


@pytest.mark.parametrize("letters", ["Zahlung für Müller", "Ошибка оплаты", "支払い 😀", "\x7f\u2028"])
def test_letters_beside_a_secret_stay_as_they_are(letters: str) -> None:
    """A search for them finds the body, and it takes no more bytes."""
    text = f'{letters}\\n"ann@example.com"\t'
    before, after = (
        json.dumps({"a": "ann@example.com", "msg": one, "half": ["ann@example.com\n", letters]}, ensure_ascii=False)
        for one in (text, text.replace("ann@example.com", "[redacted:email]"))
    )
    assert redacted(before.encode()) == [after.replace("ann@example.com", "[redacted:email]").encode()]


def test_half_a_pair_beside_a_secret_stays_an_escape() -> None:
    assert redacted(rb'{"m":"\ud83d \ude00 \ud83d\ude00 \u00fc ann@example.com"}') == [
        rb'{"m":"\ud83d \ude00 %b %b [redacted:email]"}' % ("😀".encode(), "ü".encode())
    ]


@pytest.mark.parametrize("secret", [secret for secret, new in SECRETS.items() if b" " in new], ids=bytes.decode)
def test_a_space_that_json_writes_as_an_escape_is_one(secret: bytes) -> None:
    for space in "\n\r\t":
        text = secret.decode().replace(" ", space)
        [new] = redacted(json.dumps({"msg": text}).encode())
        assert json.loads(new) == {"msg": SECRETS[secret].decode().replace(" ", space)}


def test_a_key_that_is_cut_off_is_replaced_to_the_end() -> None:
    assert redacted(b"key: " + PRIVATE_KEY[:50]) == [b"key: [redacted:private_key]"]


def test_several_in_one_text_are_replaced_and_counted_as_one_record() -> None:
    text = b"1234 4111 1111 1111 1111 5555555555554444,ann@example.com bob@example.com"
    done = REDACT(View(chunk_of([text, b"no"]), 0), [0, 1])
    assert done.chunk.bodies[0] == (b"1234 [redacted:card] [redacted:card],[redacted:email] [redacted:email]")
    assert done.counts == {"redacted": 1}
    assert list(done.touched) == [0]


def test_only_records_that_match_are_looked_at() -> None:
    done = REDACT(View(chunk_of([b"a@example.com", b"b@example.com"]), 0), [1])
    assert done.chunk.bodies == [b"a@example.com", b"[redacted:email]"]


def test_own_patterns_replace_their_group_and_know_a_texts_ends() -> None:
    own = Redact([
        Pattern("password", r"(?i)password=(\S+)", is_own=True),
        Pattern("pin", r"^\d{4}$", is_own=True),
        Pattern("open", r"\Q(open", is_own=True),  # which has no end but the pattern's
    ])  # fmt: skip
    assert redacted(
        b"Password=hunter2 x", b"1234", b"a 1234", b'{"pin":"1234","p":"a\\npassword=b"}', b"a (open", redact=own
    ) == [
        b"Password=[redacted:password] x",
        b"[redacted:pin]",
        b"a 1234",
        b'{"pin":"[redacted:pin]","p":"a\\npassword=[redacted:password]"}',
        b"a [redacted:open]",
    ]


def test_the_resource_is_looked_through_where_that_is_wanted() -> None:
    origin = SHOP._replace(resource_attributes=b'{"owner":"ann@example.com"}')
    chunk = chunk_of([b"x"] * 3, origins=[origin, SHOP, origin])
    assert REDACT(View(chunk, 0), [0, 1]).chunk is chunk
    done = Redact(BUILT_IN, resource=True)(View(chunk, 0), [0, 1])
    new = origin._replace(resource_attributes=b'{"owner":"[redacted:email]"}')
    assert done.chunk.origins == [new, SHOP, origin]
    assert done.counts == {"redacted": 1}


@pytest.mark.timeout(10)
def test_an_own_pattern_that_may_be_empty_is_looked_for_to_the_end() -> None:
    own = Redact([Pattern("own", r"\bx?", is_own=True)])
    assert redacted(b"a b", b"c d", b"x", b"cx", redact=own) == [b"a b", b"c d", b"[redacted:own]", b"cx"]


PIECES = st.one_of(
    st.sampled_from([*SECRETS, *INNOCENT]),
    st.binary(max_size=12),
    st.text(max_size=12).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.from_regex(rb"[0-9 -]{0,24}", fullmatch=True),
    st.sampled_from([b"\0", b" ", b"\n", b'"', b"\\", b"{", b":", b"_", b"4"]),
)
TEXTS = st.lists(PIECES, max_size=6).map(b"".join)


@settings(max_examples=400)
@given(st.lists(TEXTS, max_size=8))
def test_searching_all_texts_at_once_finds_what_searching_each_does(texts: list[bytes]) -> None:
    patterns = [
        *BUILT_IN,
        Pattern("own", r"x(?s:.*)y|4{2}", is_own=True),
        Pattern("end", r"4$", is_own=True),
        Pattern("empty", r"\b_?", is_own=True),
    ]
    found = Prescan(patterns).candidates(texts)
    for place, text in enumerate(texts):
        for at, pattern in enumerate(patterns):
            if pattern.finds(text):
                assert at in found.get(place, ()), (pattern.name, text)


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(allow_nan=False), st.text(max_size=20),
              st.sampled_from([*SECRETS]).map(lambda secret: f"\n{secret.decode()}\t")),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=400)
@given(st.dictionaries(st.text(max_size=6), VALUES, max_size=4), st.booleans(), st.sampled_from([None, 1]))
def test_attributes_stay_json_of_the_same_shape_and_hold_nothing_more(
    fields: dict[str, Any], as_ascii: bool, indent: int | None
) -> None:
    text = json.dumps(fields, ensure_ascii=as_ascii, indent=indent).encode("utf-8", "surrogatepass")
    new = REDACT(View(chunk_of([b""], attributes=[text]), 0), [0]).chunk.attributes[0]
    was, now = json.loads(text.decode("utf-8", "surrogatepass")), json.loads(new.decode("utf-8", "surrogatepass"))
    assert shape(was) == shape(now)
    for value in texts_in(now):
        raw = value.encode("utf-8", "surrogatepass")
        assert redact_text(raw, BUILT_IN) == raw
    assert redact_json(new, BUILT_IN) == new


def shape(value: Any) -> Any:
    """Names and nesting, without values."""
    match value:
        case dict():
            return {name: shape(member) for name, member in value.items()}
        case list():
            return [shape(item) for item in value]
        case _:
            return None


def texts_in(value: Any) -> list[str]:
    """All strings, but for names."""
    match value:
        case dict():
            return [text for member in value.values() for text in texts_in(member)]
        case list():
            return [text for item in value for text in texts_in(item)]
        case str():
            return [value]
        case _:
            return []


@pytest.mark.parametrize(
    "hostile", [b"4123 ", b"4", b"@a", b"a@a.", b"eyJaaaaaaa.", b"-----BEGIN PRIVATE KEY-----", b"J", b"12345 "]
)
def test_time_is_linear_in_a_hostile_text(hostile: bytes) -> None:
    text = hostile * (1 << 18)
    began = time.process_time()
    REDACT(View(chunk_of([text[: 1 << 18]]), 0), [0])
    assert time.process_time() - began < 10
