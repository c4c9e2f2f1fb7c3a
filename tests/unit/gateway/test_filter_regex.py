"""The pattern that is written for RE2 means what RE2 makes of the user's own, and what can't be said twice is refused."""

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from logmesh.filters.regex import RegexError, parse_regex

_PIECES = st.sampled_from([
    "a", "b", "ab", ".", "\\d", "\\w", "\\S", "[ab]", "[^a]", "[a-c]", "[[:digit:]x]", "(a|b)", "(?:ab)", "a*", "a+?", "b?",
    "a{2}", "(?P<n>a)", "^", "$", "\\b", "|", "\\.", "é", "\\x{e9}", "\\n", " ",
])  # fmt: skip
_TEXTS = st.text(st.sampled_from("abcx1 .é\n"), max_size=8)


@settings(max_examples=1_000, deadline=None)
@given(st.lists(_PIECES, min_size=1, max_size=6).map("".join), _TEXTS)
def test_the_written_pattern_matches_what_the_users_own_matches(source: str, text: str) -> None:
    try:
        regex = parse_regex(source)
    except RegexError:
        return
    matches = re2.search(regex.re2, text) is not None
    assert matches == (re2.search(source, text) is not None)
    assert not matches or regex.literal in text


@pytest.mark.parametrize(
    ("source", "literal"),
    [
        ("timeout", "timeout"),
        ("^took \\d+ ms$", "took "),
        ("a|b", ""),
        ("(?i)abc", ""),
        ("ab*cd", "cd"),
        ("\\bfoo\\b", "foo"),
    ],
)
def test_the_longest_literal_is_what_a_database_can_look_for_first(source: str, literal: str) -> None:
    assert parse_regex(source).literal == literal


@pytest.mark.parametrize(
    "source",
    [
        "(", ")", "a**", "*", "[a", "(?=a)", "(?<=a)", "(?<!a)", "\\1", "a{256}", "a{3,2}", "(?m)^a", "\\pL", "\\Qa\\E",
        "(((a{99}){99}){99}){99}", "(" * 200 + ")" * 200, "\\x{110000}", "\\x{0}", "[z-a]", "^*", "\\", "[[:nope:]]",
    ],
)  # fmt: skip
def test_what_one_engine_would_read_otherwise_is_refused(source: str) -> None:
    with pytest.raises(RegexError):
        parse_regex(source)
