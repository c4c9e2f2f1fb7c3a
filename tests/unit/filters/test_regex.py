"""The pattern that is written for RE2 means what RE2 makes of the user's own, and what can't be said twice is refused."""

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from logmesh.filters.folding import fold_ascii, orbits
from logmesh.filters.regex import RegexError, parse_regex

_PIECES = st.sampled_from([
    "a", "b", "ab", ".", "\\d", "\\w", "\\S", "[ab]", "[^a]", "[a-c]", "[[:digit:]x]", "(a|b)", "(?:ab)", "a*", "a+?", "b?",
    "a{2}", "(?P<n>a)", "^", "$", "\\b", "|", "\\.", "é", "\\x{e9}", "\\n", " ", "(?i)", "(?m)", "(?s)", "(?-im)", "(?i:k)", "(?m:^a)",
    "(?m:b$)", "(?U)", "ſ", "[^k]", "[é-ö]", "ς", "ß", "[\\W]", "\\W", "[[:upper:]]", "[^\\w]",
])  # fmt: skip
_TEXTS = st.text(st.sampled_from("abcx1 .éÉkK\u212asSſΣσςßẞ\n"), max_size=8)


@settings(max_examples=1_000)
@given(st.lists(_PIECES, min_size=1, max_size=6).map("".join), _TEXTS)
def test_the_written_pattern_matches_what_the_users_own_matches(source: str, text: str) -> None:
    try:
        regex = parse_regex(source)
    except RegexError:
        return
    matches = re2.search(regex.re2, text) is not None
    assert matches == (re2.search(source, text) is not None)
    assert not matches or regex.literal in text
    assert not matches or regex.folded_literal in fold_ascii(text)


@pytest.mark.parametrize(
    "source", ["\\w", "\\W", "[\\w]", "[\\W]", "[^\\w]", "[^\\W]", "[\\W_]", "[[:word:]é]", "[\\Dk]"]
)
def test_a_class_is_folded_before_it_is_negated(source: str) -> None:
    """As in RE2, where the Kelvin sign and the long s are of `(?i)\\w`, and so no letter k or s is of `(?i)\\W`."""
    regex = parse_regex(f"(?i){source}")
    for char in "kK\u212asSſaé_1 ":
        assert (re2.search(regex.re2, char) is None) == (re2.search(f"(?i){source}", char) is None), char


def test_what_differs_in_case_alone_is_what_re2_says() -> None:
    """Each character that Python or this module knows another case of; and no other character has one."""
    cased = sorted(orbits())
    for number in cased:
        orbit = "".join(map(chr, orbits()[number]))
        assert re2.fullmatch(f"(?i)\\x{{{number:x}}}+", orbit)
    caseless = "".join(chr(number) for number in range(1, 0x20000) if number not in orbits() and chr(number).isalpha())
    everything = "".join(f"\\x{{{number:x}}}" for number in cased)
    assert re2.search(f"(?i)[{everything}]", caseless) is None


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
    ("source", "literal"),
    [
        ("(?i)TimeOut", "timeout"),
        ("(?i)task \\d+", "ta"),
        ("(?i)Ошибка 5", " 5"),
        ("Abc(?i)D", "abcd"),
        ("[Aa]b", "ab"),
        ("[ab]c", "c"),
    ],
)
def test_where_case_does_not_matter_there_is_one_too(source: str, literal: str) -> None:
    assert parse_regex(source).folded_literal == literal


@pytest.mark.parametrize(
    "source",
    [
        "(", ")", "a**", "*", "[a", "(?=a)", "(?<=a)", "(?<!a)", "\\1", "a{256}", "a{3,2}", "(?x)a", "\\pL", "\\Qa\\E",
        "(((a{99}){99}){99}){99}", "(" * 200 + ")" * 200, "\\x{110000}", "\\x{0}", "[z-a]", "^*", "\\", "[[:nope:]]",
    ],
)  # fmt: skip
def test_what_one_engine_would_read_otherwise_is_refused(source: str) -> None:
    with pytest.raises(RegexError):
        parse_regex(source)
