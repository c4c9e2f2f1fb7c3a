"""Templates: stable, the same for lines that differ in what varies only, and quick on hostile lines."""

import time
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logmesh.gateway.figures.masking import mask


@pytest.mark.parametrize(
    ("body", "template"),
    [
        ("GET /api/users/42/orders/7f3a 200 in 12ms", "GET /api/users/<*>/orders/<*> <*> in <*>"),
        ("took 1.5e-3 s, -12 left of 1,234.", "took <*> s, <*> left of <*>."),
        ("peer 10.0.0.17:8080 (fe80::1) went away", "peer <*> (<*>::<*>) went away"),
        ("id=6f1f5a4e-8c1f-4b44-9a52-0a2ddc9c7d11 done", "id=<*> done"),
        ("id=abcdefab-abcd-abcd-abcd-abcdefabcdef done", "id=<*> done"),
        ('at 2026-11-25T03:00:28.123+00:00 user \'bob smith\' said "hi \\"you\\""', "at <*> user <*> said <*>"),
        ("trace deadbeefcafe, hash 0xAB, decade", "trace <*>, hash <*>, decade"),
        ("can't open, won't retry", "can't open, won't retry"),
        ('{"user_id": 42, "name":"bob", "ok": true}', '{"user_id": <*>, "name":<*>, "ok": true}'),
        ('{"level":"info","msg":"took 5 ms","n":3}', '{"level":<*>,"msg":"took <*> ms","n":<*>}'),
        ('{"message" : "said \\"no\\" 7 times"}', '{"message" : "said \\"no\\" <*> times"}'),
        ('{"event": "\\u00e4 7"}', '{"event": "<*>"}'),
        ("upstream cart-5d4f in zone eu-1", "upstream cart-<*> in zone eu-<*>"),
        ("plain words only", "plain words only"),
        ("user <*> logged in", "user <*> logged in"),
        ("", ""),
    ],
)
def test_what_varies_is_masked(body: str, template: str) -> None:
    assert mask(body) == template


nasty = st.text(st.sampled_from("\"'\\<*>-+.:/,@1 2a_f\n{}é٣"), max_size=40)
pieces = st.one_of(
    st.sampled_from(
        [
            '"a1":',
            '"msg":"',
            '"message": "a 1"',
            "'x'",
            '"q"',
            "deadbeef",
            "<*>",
            "-",
            "it's",
            "x1",
            "\\",
            '"',
            "'",
            " ",
            "1.5s",
            ">",
            "<",
        ]
    ),
    st.uuids().map(str),
)


@settings(max_examples=1_000)
@given(st.one_of(nasty, st.text(max_size=60), st.lists(pieces, max_size=14).map("".join)))
def test_a_template_is_its_own_template(body: str) -> None:
    assert mask(mask(body)) == mask(body)


words = st.sampled_from(["user", "took", "GET", "/api/users/", "failed:", "(", ")", "id=", "retry", "über", "it's"])
kinds = {
    "number": st.integers(-(10**9), 10**9).map(str) | st.floats(0, 1e6).map(str),
    "hex": st.binary(min_size=8, max_size=16).map(bytes.hex),
    "uuid": st.integers(0, (1 << 128) - 1).map(lambda n: str(uuid.UUID(int=n))),
    "address": st.tuples(*[st.integers(0, 255)] * 4).map(lambda parts: ".".join(map(str, parts)) + ":80"),
    "duration": st.tuples(st.integers(0, 9999), st.sampled_from(["ms", "s", "µs", "m3s"])).map(
        lambda p: f"{p[0]}{p[1]}"
    ),
    "quoted": st.text(st.characters(exclude_characters='"\\'), max_size=10).map(lambda text: f'"{text}"'),
}


@st.composite
def line_twice(draw: st.DrawFn) -> tuple[str, str]:
    """The same line with other values where it varies."""
    one, other = [], []
    for _ in range(draw(st.integers(1, 6))):
        word = draw(words)
        values = kinds[draw(st.sampled_from(sorted(kinds)))]
        one += [word, " ", draw(values), " "]
        other += [word, " ", draw(values), " "]
    return "".join(one), "".join(other)


@given(line_twice())
def test_lines_that_differ_in_their_values_have_one_template(lines: tuple[str, str]) -> None:
    assert mask(lines[0]) == mask(lines[1])


@pytest.mark.parametrize("part", ["a", "1", "a-", "1-", '"', "'", '"\\', "f", "1.", "-", "_", "<*>", "'a "])
def test_a_hostile_line_takes_time_in_proportion(part: str) -> None:
    began = time.monotonic()
    for _ in range(10):
        mask(part * 1_000)
    assert time.monotonic() - began < 5
