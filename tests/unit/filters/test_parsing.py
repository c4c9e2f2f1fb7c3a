"""What filters mean, and what is said of those that mean nothing."""

import contextlib
import time
from decimal import Decimal

import pytest

from logmesh.filters import FilterError, parse_filter
from logmesh.filters.ast import (
    EVERYTHING,
    And,
    IdEquals,
    IdPresent,
    Literals,
    MapCompare,
    MapEquals,
    MapHas,
    MapMatches,
    MapPresent,
    Node,
    Not,
    Or,
    Order,
    Path,
    SeverityCompare,
    TextCompare,
    TextContains,
    TextMatches,
    TextPresent,
    TimeCompare,
)
from logmesh.filters.limits import MAX_BYTES, MAX_CONDITIONS, MAX_DEPTH
from logmesh.filters.quantities import Quantity
from logmesh.filters.regex import parse_regex


def body(text: str) -> Node:
    return TextContains("body", text)


def service(text: str) -> Node:
    return TextCompare("service", Order.EQ, text)


def attribute(*keys: str) -> Path:
    return Path("attributes", keys)


MEANINGS: list[tuple[str, Node]] = [
    ("", EVERYTHING),
    ("  \n ", EVERYTHING),
    ("timeout", body("timeout")),
    ('"connection refused"', body("connection refused")),
    ("'it''s'", And((body("it"), body("s")))),
    ("don't", body("don't")),
    ("x-y", body("x-y")),
    ('"a\\"b\\\\c\\td\\.e"', body('a"b\\c\td\\.e')),
    # AND may be left out, and OR binds tighter.
    ("a b AND c", And((body("a"), body("b"), body("c")))),
    ("a OR b AND c OR d", And((Or((body("a"), body("b"))), Or((body("c"), body("d")))))),
    ("a (b AND c) d", And((body("a"), body("b"), body("c"), body("d")))),
    ("NOT a -b", And((Not(body("a")), Not(body("b"))))),
    ("-service=a", Not(service("a"))),
    ("ANDROID ORDER NOTE", And((body("ANDROID"), body("ORDER"), body("NOTE")))),
    ('service="checkout"', service("checkout")),
    ("instance = 10.0.0.1:8080", TextCompare("instance", Order.EQ, "10.0.0.1:8080")),
    ("service != a", Not(service("a"))),
    ("service : a", TextContains("service", "a")),
    ("instance:*", TextPresent("instance")),
    ('instance:"*"', TextContains("instance", "*")),
    ("body < b", TextCompare("body", Order.LT, "b")),
    ('body =~ "\\d+ms$"', TextMatches("body", parse_regex("\\d+ms$"))),
    ("body !~ ^a", Not(TextMatches("body", parse_regex("^a")))),
    ("service = (a OR b)", Or((service("a"), service("b")))),
    ("service = (a AND NOT b)", And((service("a"), Not(service("b"))))),
    ("severity >= WARNING", SeverityCompare(Order.GE, 13)),
    ("severity>=warn", SeverityCompare(Order.GE, 13)),
    ("severity = 17", SeverityCompare(Order.EQ, 17)),
    ("severity : ERROR", SeverityCompare(Order.EQ, 17)),
    ("severity != DEFAULT", Not(SeverityCompare(Order.EQ, 0))),
    ("severity:*", SeverityCompare(Order.GT, 0)),
    ("time >= 1970-01-02", TimeCompare(Order.GE, 86_400 * 10**9)),
    ('time < "1970-01-01T00:00:01.000000001Z"', TimeCompare(Order.LT, 10**9 + 1)),
    ("time < 1970-01-01T01:00:00.5+01:00", TimeCompare(Order.LT, 500_000_000)),
    (f"trace_id = {'ab' * 16}", IdEquals("trace_id", b"\xab" * 16)),
    ("trace_id = ABABABAB-abab-abab-abab-abababababab", IdEquals("trace_id", b"\xab" * 16)),
    (f"span_id != {'01' * 8}", And((IdPresent("span_id"), Not(IdEquals("span_id", b"\1" * 8))))),
    ("span_id:*", IdPresent("span_id")),
    ("attributes.user_id = 42", MapEquals(attribute("user_id"), Literals("42", Decimal(42)))),
    ('attributes.user_id = "42"', MapEquals(attribute("user_id"), Literals("42", Decimal(42)))),
    ("attributes.ok = true", MapEquals(attribute("ok"), Literals("true", boolean=True))),
    ("attributes.http.status >= 500", MapCompare(attribute("http", "status"), Order.GE, Decimal(500))),
    ("attributes.delta > -5.5", MapCompare(attribute("delta"), Order.GT, Decimal("-5.5"))),
    ('attributes.version >= "2"', MapCompare(attribute("version"), Order.GE, Literals("2", Decimal(2)))),
    ("attributes.version >= v2", MapCompare(attribute("version"), Order.GE, Literals("v2"))),
    (
        "attributes.took >= 500ms",
        MapCompare(attribute("took"), Order.GE, Quantity("duration", Decimal(5 * 10**8), None)),
    ),
    (
        "attributes.took_ms < 1m30s",
        MapCompare(attribute("took_ms"), Order.LT, Quantity("duration", Decimal(9 * 10**10), Decimal(10**6))),
    ),
    ("attributes.size > 1.5KiB", MapCompare(attribute("size"), Order.GT, Quantity("size", Decimal(1536), Decimal(1)))),
    ('attributes.took >= "500ms"', MapCompare(attribute("took"), Order.GE, Literals("500ms"))),
    ('attributes.tags = "[1, {}]"', MapEquals(attribute("tags"), Literals("[1, {}]", structure="[1, {}]"))),
    # What other languages write and this one takes.
    ("a && (b || !c) && d", And((body("a"), Or((body("b"), Not(body("c")))), body("d")))),
    ("a || b c AND d OR e", And((Or((body("a"), body("b"))), body("c"), Or((body("d"), body("e")))))),
    ("a||b", Or((body("a"), body("b")))),
    ("!(a b)", Not(And((body("a"), body("b"))))),
    ("a!b hello!", And((body("a!b"), body("hello!")))),
    ("service IN (a, 'b c')", Or((service("a"), service("b c")))),
    ("service in(a)", service("a")),
    ("service NOT IN (a,b)", And((Not(service("a")), Not(service("b"))))),
    ("service !IN (a)", Not(service("a"))),
    ("service is down", And((body("service"), body("is"), body("down")))),
    ("body:[main]", TextContains("body", "[main]")),
    ("attributes.tags = []", MapEquals(attribute("tags"), Literals("[]", structure="[]"))),
    ("severity IN (ERROR, 21)", Or((SeverityCompare(Order.EQ, 17), SeverityCompare(Order.EQ, 21)))),
    ("logged in (a)", And((body("logged"), body("in"), body("a")))),
    ("service LIKE 'check%_t'", TextMatches("service", parse_regex("(?s)^check.*.t$"))),
    ('service not ilike "check\\%"', Not(TextMatches("service", parse_regex("(?is)^check\\%$")))),
    ("looks like this", And((body("looks"), body("like"), body("this")))),
    ("attributes.x IS NULL", Not(MapPresent(attribute("x")))),
    ('attributes."a b" is not null', MapPresent(attribute("a b"))),
    ("this is null", And((body("this"), body("is"), body("null")))),
    # A star is any text, a slash the edge of a pattern; in quotes they are themselves.
    ("*", EVERYTHING),
    ("check*", body("check")),
    ("che*ck", TextMatches("body", parse_regex("(?is)che.*ck"))),
    ("service = check*", TextMatches("service", parse_regex("(?s)^check"))),
    ("service != *.db", Not(TextMatches("service", parse_regex("(?s)\\.db$")))),
    ("service : check*", TextContains("service", "check")),
    ('service = "check*"', service("check*")),
    ("attributes.x = *", MapPresent(attribute("x"))),
    (
        "attributes.x IN (a*, b)",
        Or((MapMatches(attribute("x"), parse_regex("(?s)^a")), MapEquals(attribute("x"), Literals("b")))),
    ),
    ("/time.?out/i", TextMatches("body", parse_regex("(?i)time.?out"))),
    ("/a (b)/", TextMatches("body", parse_regex("a (b)"))),
    ("body =~ /a/", TextMatches("body", parse_regex("a"))),
    ("body != /a+/", Not(TextMatches("body", parse_regex("a+")))),
    ("attributes.path = /api/", MapEquals(attribute("path"), Literals("/api/"))),
    ("/api/v1/users", body("/api/v1/users")),
    ('attributes."a b".c:x', MapHas(attribute("a b", "c"), Literals("x"))),
    ("attributes.x:*", MapPresent(attribute("x"))),
    (
        "attributes.x != y",
        And((MapPresent(attribute("x")), Not(MapEquals(attribute("x"), Literals("y"))))),
    ),
    ("resource.k8s.pod.name = p", MapEquals(Path("resource", ("k8s", "pod", "name")), Literals("p"))),
    ("resource.service.name = a", service("a")),
]


@pytest.mark.parametrize(("text", "meaning"), MEANINGS)
def test_a_filter_means_what_it_means_to_cloud_logging(text: str, meaning: Node) -> None:
    assert parse_filter(text) == meaning


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("a sevrity >= ERROR", 2, "did you mean severity?"),
        ("message : x", 0, "did you mean body?"),
        ("level = ERROR", 0, "did you mean severity?"),
        ("user_id = 4", 0, "did you mean attributes.user_id?"),
        ("jsonPayload.user = 4", 0, "did you mean attributes.user?"),
        ("service.name = 4", 0, "service"),
        ('a attributes["order"] = 1', 2, "did you mean attributes.order?"),
        ("attributes['order'] = 1", 0, "did you mean attributes.order?"),
        ("attributes[order] = 1", 0, "did you mean attributes.order?"),
        ('attributes["http.status"] >= 500', 0, "did you mean attributes.http.status?"),
        ('attributes["a b"]["c"]:x', 0, 'did you mean attributes."a b".c?'),
        ('attributes.http["status"] = 1', 0, "did you mean attributes.http.status?"),
        ('-labels["app"] = web', 1, "did you mean attributes.app?"),
        ('resource["k8s.pod.name"] = p', 0, "did you mean resource.k8s.pod.name?"),
        ('"attributes[order]" AND sevrity = 1', 24, "did you mean severity?"),
        ('body:attributes["order"] AND sevrity = 1', 29, "did you mean severity?"),
        ("attributes = 4", 0, "attributes.<key>"),
        ('attributes."" = 4', 0, "attributes.<key>"),
        ("severity >= WARNNG", 12, "did you mean WARNING?"),
        ("severity = 25", 11, "TRACE, DEBUG, INFO, WARN, ERROR or FATAL"),
        ("severity = 0000099999", 11, "TRACE, DEBUG, INFO, WARN, ERROR or FATAL"),
        ("severity =~ W", 12, "no pattern"),
        ("time >= yesterday", 8, "is not a time"),
        ("time >= 2026-13-01", 8, "is not a time"),
        ("time >= 1969-01-01", 8, "is not a time"),
        ("time : 2026-01-01", 7, "expected"),
        ("trace_id = abc", 11, "32 hexadecimal digits"),
        ("trace_id > abc", 11, "no order"),
        ("service =", 9, "ends too early"),
        ("a AND", 5, "ends too early"),
        ("(a", 2, "expected"),
        ("a)", 1, "expected"),
        ("a = = b", 4, "makes no sense"),
        ('"abc', 0, "a quote is not closed"),
        ("service = AND a", 10, "makes no sense"),
        ("a and b", 2, "did you mean AND?"),
        ("a && b || c", 2, "did you mean a && (b || c)?"),
        ("a || b && c", 7, "need parentheses"),
        ("service = (a || b && c)", 18, "need parentheses"),
        ("attributes.n:[400 TO 499]", 13, "did you mean attributes.n >= first attributes.n <= last?"),
        ("service = [a, b]", 10, "did you mean service IN (a, b)?"),
        ("service in [a, b]", 8, "did you mean service IN (a, b)?"),
        ("service = a, severity >= ERROR", 11, "did you mean AND?"),
        ("exists(attributes.a)", 7, "did you mean attributes.a:*?"),
        ("attributes.a exists", 13, "did you mean attributes.a:*?"),
        ("NOT attributes.a", 4, "did you mean attributes.a:*?"),
        ("service IS checkout", 8, "did you mean service = text?"),
        ("time > 2026-11-29 08:50", 18, 'expected "2026-01-31 12:00"'),
        ("a & b", 2, "did you mean AND?"),
        ("a | b", 2, "did you mean OR?"),
        ("+timeout", 0, "did you mean timeout?"),
        ("service == a", 0, "did you mean =?"),
        ("service <> a", 0, "did you mean !=?"),
        ("body ~ a", 5, 'did you mean body =~ "pattern"?'),
        ("body contains a", 5, "did you mean body : text?"),
        ("attributes.n BETWEEN 1 AND 2", 13, "did you mean attributes.n >= first attributes.n <= last?"),
        ('service = (a, "b")', 11, "did you mean IN (a, b)?"),
        ('service = ("a", "b")', 14, "did you mean IN (a, b)?"),
        ("user_id IN (1, 2)", 0, "did you mean attributes.user_id?"),
        ("service IN ()", 12, "expected"),
        ("time IS NULL", 5, "expected"),
        ("attributes.a != *", 16, "did you mean NOT attributes.a:*?"),
        ("attributes.a > x*", 15, 'did you mean "x*"?'),
        ("severity =~ /E/", 12, "no pattern"),
        ("body > /a+/", 7, "no order"),
        ("/(/", 1, "parenthesis"),
        ('body =~ "(a"', 9, "parenthesis"),
        ('body =~ "(?=a)"', 10, "look-around"),
        ("a\0b", 1, "no record can hold"),
        ("a \ud800", 2, "no record can hold"),
        ("a" * (MAX_BYTES + 1), MAX_BYTES + 1, "longer than"),
        ("(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1), 1, "nested deeper"),
        ("a " * (MAX_CONDITIONS + 1), 0, "conditions"),
    ],
)
def test_an_error_says_where_and_what_would_be_right(text: str, position: int, words: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_filter(text)
    assert caught.value.position == position
    assert words in str(caught.value)
    assert "\n" not in str(caught.value).replace(text, "")


@pytest.mark.parametrize(
    "text",
    [
        "[1e2000]",
        f"[1{'0' * 1000}]",
        "[-1e-2000]",
        f"[1.{'0' * 1000}1]",
        "[12e-1001]",
        "[0e-1001]",
        "[0e1000000000]",
        "[1e99999999999999999999]",
        "[NaN]",
        '["\\u0000"]',
        '["\\ud800"]',
        "[" * 900 + "]" * 900,
        "[1,]",
    ],
    ids=lambda text: text[:24],
)
def test_what_no_record_holds_as_a_list_is_a_text(text: str) -> None:
    node = parse_filter(f"attributes.tags = '{text}'")
    assert isinstance(node, MapEquals)
    assert node.value.structure is None


@pytest.mark.parametrize(
    "text",
    [f"[{'9' * 1000}]", "[1e999]", f"[0.{'9' * 1000}]", "[-1e-1000]", "[0e5000]", "[-0e-1000]"],
    ids=lambda text: text[:24],
)
def test_numbers_of_a_list_have_a_thousand_digits_before_their_point_and_behind_it(text: str) -> None:
    node = parse_filter(f"attributes.tags = '{text}'")
    assert isinstance(node, MapEquals)
    assert node.value.structure == text


def test_an_error_carries_its_parts() -> None:
    with pytest.raises(FilterError) as caught:
        parse_filter("servce = a")
    assert caught.value.suggestion == "service"
    assert "severity" in caught.value.expected
    with pytest.raises(FilterError) as caught:
        parse_filter("(a")
    assert ")" in caught.value.expected


def test_the_largest_filters_are_parsed_or_refused_in_a_blink() -> None:
    began = time.process_time()
    for text in (" OR ".join(["a"] * MAX_CONDITIONS), '"' + "\\\\" * (MAX_BYTES // 2 - 1) + '"'):
        assert parse_filter(text)
    for text in ("\\" * MAX_BYTES, "(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH, "(" * MAX_BYTES):
        with contextlib.suppress(FilterError):
            parse_filter(text)
    assert time.process_time() - began < 10
