"""What is proposed at the end of an unfinished filter: what the grammar takes there, spelt so that it is understood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmesh.filters import FilterError, parse_filter
from logmesh.filters.ast import Literals, MapEquals, Order, Path, TextCompare
from logmesh.filters.caret import read_carets
from logmesh.filters.completion import (
    LIKELY_FIELDS,
    OPERATORS,
    Counted,
    Key,
    propose,
    typed_key,
    write_path,
    write_value,
)
from logmesh.filters.conditions import FIELDS
from logmesh.filters.limits import MAX_BYTES
from logmesh.v1.query_service_pb2 import COMPLETION_KIND_KEYWORD, COMPLETION_KIND_VALUE

KEYS = [Key("attributes", "user_id"), Key("attributes", "user agent"), Key("resource", "k8s.pod.name")]
VALUES = [Counted("checkout", 7), Counted("check out", 3)]
SEVERITIES = [Counted("10", 5), Counted("9", 50), Counted("17", 2)]
SAMPLES = {"severity": "ERROR", "time": "2026-01-31", "trace_id": "a" * 32, "span_id": "a" * 16}


def texts(typed: str, keys: list[Key] | None = None, values: list[Counted] | None = None) -> list[str]:
    """The whole filters that the proposals make of `typed`."""
    found = propose(typed, read_carets(typed), keys or [], values or [])
    return [(typed.encode()[: one.replace_from] + one.text.encode()).decode() for one in found]


FIELDS_AT_ONCE = ["service", "severity", "body", "attributes.", "resource.", "trace_id", "time", "instance", "span_id"]
AFTER_A_CONDITION = ["AND", "OR", "NOT"]


@pytest.mark.parametrize(
    ("typed", "filters"),
    [
        ("", [*FIELDS_AT_ONCE, "NOT"]),
        ("s", ["service", "severity", "span_id"]),
        ("SEV", ["severity"]),
        ("(s", ["(service", "(severity", "(span_id"]),
        ("-ser", ["-service"]),
        ("a AND ser", ["a AND service"]),
        ("a AND", ["a AND"]),
        ("a A", ["a AND", "a attributes."]),
        ("lev", ["severity"]),
        ("pod", ["instance"]),
        ("service", ["service", "service=", "service!=", "service:", "service=~", "service!~"]),
        ("service !", ["service !=", "service !~"]),
        ("service i", ["service IN ("]),
        ("!ser", ["!service"]),
        ("a && !ser", ["a && !service"]),
        ("a || ser", ["a || service"]),
        ("severity ", [f"severity {sign}" for sign in (">=", "=", "!=", "<", ">", "<=", "IN (")] + [
            f"severity {word}" for word in AFTER_A_CONDITION
        ]),
        ("timeout ", [f"timeout {word}" for word in [*AFTER_A_CONDITION, *FIELDS_AT_ONCE]]),
        ("NOT s", ["NOT service", "NOT severity", "NOT span_id"]),
        ('service = "a" O', ['service = "a" OR']),
        ("service = (a O", ["service = (a OR"]),
        ("service = (a ", [f"service = (a {word}" for word in AFTER_A_CONDITION]),
        ("attributes.\"x y\"", [f'attributes."x y"{sign}' for sign in OPERATORS["attributes"] if sign != "IN ("]),
    ],
)  # fmt: skip
def test_fields_operators_and_keywords_are_proposed_where_they_may_stand(typed: str, filters: list[str]) -> None:
    assert texts(typed) == filters


@pytest.mark.parametrize(
    ("typed", "filters"),
    [
        ("us", ["attributes.user_id", 'attributes."user agent"', "resource.k8s.pod.name"]),
        ("attributes.us", ["attributes.user_id", 'attributes."user agent"', "resource.k8s.pod.name"]),
        ('a OR attributes."us', [f"a OR {path}" for path in map(write_path, KEYS)]),
    ],
)
def test_keys_that_records_have_are_fields(typed: str, filters: list[str]) -> None:
    assert texts(typed, KEYS)[: len(filters)] == filters


@pytest.mark.parametrize(
    ("typed", "filters"),
    [
        ("service = ", ["service = checkout", 'service = "check out"']),
        ("service=", ["service=checkout", 'service="check out"']),
        ("é AND service != ch", ["é AND service != checkout", 'é AND service != "check out"']),
        ('service : "ch', ['service : "checkout"', 'service : "check out"']),
        ("service = 'ch", ['service = "checkout"', 'service = "check out"']),
        ("service = (a OR ", ["service = (a OR checkout", 'service = (a OR "check out"', "service = (a OR NOT"]),
        ("attributes.a.b = ch", ["attributes.a.b = checkout", 'attributes.a.b = "check out"']),
        ("service IN (", ["service IN (checkout", 'service IN ("check out"']),
        ("service in (a, ch", ["service in (a, checkout", 'service in (a, "check out"']),
        ('service NOT IN (a,"ch', ['service NOT IN (a,"checkout"', 'service NOT IN (a,"check out"']),
        ('attributes."x y" IN (ch', ['attributes."x y" IN (checkout', 'attributes."x y" IN ("check out"']),
        ("service LIKE ch", []),
        ("service =~ ch", []),
        ("nothing = ch", []),
    ],
)
def test_values_take_the_place_of_what_was_typed(typed: str, filters: list[str]) -> None:
    assert texts(typed, values=VALUES) == filters


def test_severities_are_names_with_their_counts_first() -> None:
    assert texts("severity >= ", values=SEVERITIES) == [
        f"severity >= {name}" for name in ("INFO", "INFO2", "ERROR", "TRACE", "DEBUG", "WARN", "FATAL")
    ]
    assert texts("severity = warni", values=SEVERITIES) == ["severity = WARNING"]
    found = propose("severity = i", read_carets("severity = i"), values=SEVERITIES)
    assert [(one.text, one.count) for one in found if one.count] == [("INFO", 50), ("INFO2", 5)]


@pytest.mark.parametrize("typed", ["a b)", "a = = ", 'service = "x"', "(a)", "severity >= ERROR)", "'it", '"open'])
def test_nothing_is_proposed_where_nothing_can_be_known(typed: str) -> None:
    assert texts(typed, KEYS, VALUES) == []


def test_a_text_that_is_no_filter_is_refused() -> None:
    for text in ("a" * (MAX_BYTES + 1), "a\0"):
        with pytest.raises(FilterError):
            read_carets(text)


def test_every_field_has_operators_that_its_conditions_take() -> None:
    assert set(OPERATORS) == {name.rstrip(".") for name in LIKELY_FIELDS} == set(FIELDS)
    for field, operators in OPERATORS.items():
        name = f"{field}.key" if field in ("attributes", "resource") else field
        for operator in operators:
            parse_filter(f"{name} {operator} {SAMPLES.get(field, 'x')}{')' if operator.endswith('(') else ''}")


# A record holds no NUL; what else there is may be a value or a key.
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@given(words, st.booleans())
def test_a_value_means_itself(value: str, quoted: bool) -> None:
    assert parse_filter(f"service={write_value(value, quoted=quoted)}") == TextCompare("service", Order.EQ, value)


@given(words.filter(lambda key: key != ""))
def test_a_key_means_itself(key: str) -> None:
    node = parse_filter(f"{write_path(Key('attributes', key))}=x")
    assert isinstance(node, MapEquals)
    assert ".".join(node.path.keys) == key
    assert node == MapEquals(Path("attributes", node.path.keys), Literals("x"))


@given(words)
def test_what_was_typed_of_a_path_is_its_key(key: str) -> None:
    assert typed_key(f"resource.{key}") == Key("resource", key.replace('"', ""))


@given(st.text(st.sampled_from("abs .=\"'()-:!<>~\\ \nANDORservice"), max_size=40))
def test_a_filter_with_a_proposal_in_it_is_no_further_from_being_whole(typed: str) -> None:
    """Whatever was typed: what a proposal makes of it can be gone on with, or is a whole filter."""
    for text in texts(typed, KEYS, VALUES):
        with_rest = [text, f"{text}x", f"{text} x", f"{text}=x", f"{text} = x"]
        closed = [one + ")" * typed.count("(") for one in with_rest]
        assert any(_is_filter(one) for one in with_rest + closed) or typed.count("(") > typed.count(")")


def _is_filter(text: str) -> bool:
    try:
        parse_filter(text)
    except FilterError as error:
        # What the words mean is another matter than where they stand.
        return "makes no sense" not in str(error) and "too early" not in str(error)
    return True


def test_a_value_is_told_from_a_keyword() -> None:
    found = propose("service = (a OR ", read_carets("service = (a OR "), values=VALUES)
    assert [one.kind for one in found] == [COMPLETION_KIND_VALUE] * 2 + [COMPLETION_KIND_KEYWORD]
    assert [one.count for one in found] == [7, 3, 0]
