"""What lines say, in the formats of common loggers; and that no bytes make the parser raise."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logmesh.producer.attributes import OMITTED
from logmesh.producer.formats.stream import StreamParser
from logmesh.producer.parsing import parse_line
from logmesh.producer.timestamps.clock import Clock
from logmesh.producer.timestamps.fields import time_of_value
from logmesh.producer.timestamps.zones import UTC_ZONE

REFERENCE = int(datetime(2025, 1, 2, 12, tzinfo=UTC).timestamp()) * 10**9
AT = int(datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()) * 10**9
MS = 123_000_000
CLOCK = Clock(UTC_ZONE, REFERENCE)

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"


@pytest.mark.parametrize(
    ("line", "time", "severity", "text"),
    [
        (b"2025-01-02T03:04:05.123Z INFO cart: added", AT + MS, 9, b"INFO"),
        (b"2025-01-02T04:04:05.123456789+01:00 warn slow", AT + 123_456_789, 13, b"warn"),
        (b"2025-01-02 03:04:05,123 - app.module - WARNING - x", AT + MS, 13, b"WARNING"),
        (b"2025-01-02 03:04:05.123  INFO 12345 --- [main] c.e.Foo : x", AT + MS, 9, b"INFO"),
        (b"2025-01-02 03:04:05,123 [main] ERROR com.example.Foo - x", AT + MS, 17, b"ERROR"),
        (b"[2025-01-02 03:04:05,123] {taskinstance.py:1} CRITICAL - x", AT + MS, 21, b"CRITICAL"),
        (b"ERROR:root:oops", 0, 17, b"ERROR"),
        (b"error: no such file", 0, 17, b"error"),
        (b"2025/01/02 03:04:05 [error] 7#7: *1 open() failed", AT, 17, b"error"),
        (b"[Thu Jan 02 03:04:05.123000 2025] [core] [error] x", AT + MS, 17, b"error"),
        (b"INFO 2025-01-02T03:04:05Z level first", AT, 9, b"INFO"),
        (b"nothing to be told here, no error in sight", 0, 0, b""),
        (b"GET /ERROR/INFO=1", 0, 0, b""),
        (b"", 0, 0, b""),
    ],
)
def test_plain_lines(line: bytes, time: int, severity: int, text: bytes) -> None:
    parsed = parse_line(line, CLOCK)
    assert (parsed.time_unix_nano, parsed.severity, parsed.severity_text) == (time, severity, text)
    assert parsed.attributes == b""


@pytest.mark.parametrize(
    ("line", "time", "severity", "attributes"),
    [
        (
            b"<34>1 2025-01-02T03:04:05.123Z host su 12 ID47 - failed",
            AT + MS,
            21,
            {"host": "host", "app": "su", "pid": "12", "msgid": "ID47"},
        ),
        (b"<12>Jan  2 03:04:05 host su[12]: failed", AT, 13, {"host": "host", "app": "su", "pid": "12"}),
        (b"Jan  2 03:04:05 host kernel: oops", AT, 0, {"host": "host", "app": "kernel"}),
        (b"W0102 03:04:05.123000    77 main.go:12] slow", AT + MS, 13, {"caller": "main.go:12", "thread": "77"}),
        (
            b'10.0.0.1 - ann [02/Jan/2025:04:04:05 +0100] "GET /a?b=c HTTP/1.1" 503 12 "-" "curl/8"',
            AT,
            17,
            {
                "client.address": "10.0.0.1",
                "user.name": "ann",
                "http.request.method": "GET",
                "url.path": "/a?b=c",
                "network.protocol.version": "1.1",
                "user_agent.original": "curl/8",
                "http.response.status_code": 503,
                "http.response.body.size": 12,
            },
        ),
        (
            b'level=info ts=2025-01-02T03:04:05.123Z msg="hello \\"you\\"" n=7',
            AT + MS,
            9,
            {"msg": 'hello "you"', "n": 7},
        ),
        (b'{"ts":1735787045.123,"severity":"NOTICE","a":{"b":[1]}}', AT + MS, 10, {"a": {"b": [1]}}),
        (b'{"@timestamp":"2025-01-02T03:04:05Z","log.level":"Error","message":"x"}', AT, 17, {"message": "x"}),
        (b'{"time":1735787045123,"level":30,"pid":1}', AT + MS, 9, {"pid": 1}),
        (b'{"timestamp":1735787045123000000,"level":3,"short_message":"x"}', AT + MS, 17, {"short_message": "x"}),
        (b'2025-01-02T03:04:05.123Z stderr F {"level":"error","a":1}', AT + MS, 17, {"log.iostream": "stderr", "a": 1}),
        (b'{"a":NaN,"b":"\\ud800"}', 0, 0, {"a": "NaN", "b": "?"}),
    ],
)
def test_lines_with_fields(line: bytes, time: int, severity: int, attributes: dict[str, object]) -> None:
    parsed = parse_line(line, CLOCK)
    assert (parsed.time_unix_nano, parsed.severity) == (time, severity)
    assert json.loads(parsed.attributes) == attributes


@pytest.mark.parametrize("header", [b"Jan  2 03:04:05 host su[12]: ", b"<14>1 2025-01-02T03:04:05Z host su 12 - - "])
@pytest.mark.parametrize("before", [b"", b"@cee:", b"@cee: ", b" ", b"\t", b" \t"])
@pytest.mark.parametrize("fields", [b'{"level":"error","a":"b"}', b"level=error a=b"])
def test_fields_behind_a_header_of_syslog_are_read_whatever_is_before_them(
    header: bytes, before: bytes, fields: bytes
) -> None:
    parsed = parse_line(header + before + fields, CLOCK)
    assert (parsed.time_unix_nano, parsed.severity, parsed.severity_text) == (AT, 17, b"error")
    assert json.loads(parsed.attributes) == {"a": "b", "host": "host", "app": "su", "pid": "12"}


@pytest.mark.parametrize(
    "line",
    [
        f'{{"trace_id":"{TRACE}","span_id":"{SPAN}"}}',
        f'{{"traceId":"{TRACE.upper()}","spanId":"{SPAN}"}}',
        f'{{"traceparent":"00-{TRACE}-{SPAN}-01"}}',
        f"level=info trace_id={TRACE} span_id={SPAN} msg=x",
        f"2025-01-02T03:04:05Z INFO done [trace_id={TRACE} span_id={SPAN}]",
    ],
)
def test_traces_are_found(line: str) -> None:
    parsed = parse_line(line.encode(), CLOCK)
    assert (parsed.trace_id.hex(), parsed.span_id.hex()) == (TRACE, SPAN)


@pytest.mark.parametrize("trace", ["0" * 32, "xyz", "  " * 16, "12", 'é"'])
def test_what_is_no_trace_id_stays_an_attribute(trace: str) -> None:
    parsed = parse_line(json.dumps({"trace_id": trace}).encode(), CLOCK)
    assert parsed.trace_id == b""
    assert json.loads(parsed.attributes) == {"trace_id": trace}


@pytest.mark.parametrize(
    "value", [True, 12, -1, 1e300, float("inf"), 10**400, "9" * 60, "nan", "tomorrow", None, [], "²"]
)
def test_what_is_no_time_is_unknown(value: object) -> None:
    assert time_of_value(value, CLOCK) == 0


def test_a_time_without_a_year_is_before_the_reference() -> None:
    new_year = int(datetime(2025, 1, 1, 0, 0, 1, tzinfo=UTC).timestamp()) * 10**9
    parsed = parse_line(b"Dec 31 23:59:59 host app: x", Clock(UTC_ZONE, new_year))
    assert parsed.time_unix_nano == new_year - 2 * 10**9
    assert parse_line(b"Feb 29 00:00:00 host app: x", Clock(UTC_ZONE, new_year)).time_unix_nano == 1_709_164_800 * 10**9


@pytest.mark.parametrize("line", [b"2025-13-45T99:99:99Z x", b"0000-00-00T00:00:00Z", b"9999-12-31 23:59:59 far"])
def test_impossible_times_are_unknown(line: bytes) -> None:
    assert parse_line(line, CLOCK).time_unix_nano == 0


@pytest.mark.parametrize(
    "fields", [{f"k{number}": 1 for number in range(200)}, {"k": "x" * 70_000}], ids=["many", "large"]
)
def test_too_many_fields_are_left_to_the_body(fields: dict[str, object]) -> None:
    assert parse_line(json.dumps(fields).encode(), CLOCK).attributes == OMITTED


HARD = [
    b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    b'{"a":' * 900 + b"1" + b"}" * 900,
    b'{"a":1e400000}',
    b'{"time":NaN}',
    b'{"time":{"epochSecond":' + b"9" * 400 + b"}}",
    b'{"time":{"epochSecond":9223372036,"nanoOfSecond":999999999}}',
    b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"arrayValue":{"values":5}}}]}]}]}',
    b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"intValue":"' + b"9" * 5_000 + b'"}}]}]}]}',
    b'{"level":["x"],"trace_id":{},"time":{}}',
    b'k="' * 50_000,
    b"a=" * 50_000,
    b"level=info a=b " + b"trace" * 50_000,
    b'x {"a":' + b"[" * 100_000 + b"}",
    b"[" * 100_000,
    b'1 - - [02/Jan/2025:03:04:05 +0000] "' + b"x" * 100_000,
    b"x" * 256 * 1024,
    b"<999>",
    b"<13>",
    b"I9999 99:99:99.999999 1 a:1] ",
    b'1 - - [99/Jan/2025:99:99:99 +9999] "GET / HTTP/1.1" 999 -',
    b"\x00\xff\xfe",
]


@pytest.mark.timeout(10)
@pytest.mark.parametrize("line", HARD, ids=[line[:12].hex() for line in HARD])
def test_hard_lines_are_taken(line: bytes) -> None:
    parsed = parse_line(line, CLOCK)
    assert parsed.time_unix_nano < 2**63 and 0 <= parsed.severity <= 24


pieces = st.sampled_from(
    [b"2025-01-02T03:04:05", b"Z ", b"<34>", b"1 ", b"Jan  2 03:04:05 ", b"{", b"}", b'"time":', b'"level":', b",",
     b"k=", b'"', b"\\", b"[", b"]", b"ERROR", b"info", b" ", b"\xff", b"\x00", b"trace_id=", b"0" * 32, b"99", b"I0102 ",
     b"[pod/a/b] ", b"web-1 | ", b'{"log":"', b'","time":"', b'"MESSAGE":', b"\x1b[31m", b'] "', b'" 503 ', b"[E]", b"%A-3-B: ",
     b"traceparent=00-", b"a" * 32, b"-" + b"b" * 16, b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[', b"host app[7]: ", b": ",
     b" - ", b" | ", b"\t", b"a=1 b=2", b"@cee:", b"Traceback (most recent call last)", b"\xef\xbb\xbf", b'{"a":1}', b"stdout F "]
)  # fmt: skip


def check(line: bytes) -> None:
    parsed = parse_line(line, CLOCK)
    assert 0 <= parsed.time_unix_nano < 2**63
    assert 0 <= parsed.severity <= 24 and len(parsed.severity_text) <= 64
    assert len(parsed.trace_id) in (0, 16) and len(parsed.span_id) in (0, 8)
    assert any(parsed.trace_id) or not parsed.trace_id
    if parsed.attributes:
        fields = json.loads(parsed.attributes)
        assert isinstance(fields, dict) and len(fields) <= 128


@settings(max_examples=300)
@given(st.lists(pieces | st.binary(max_size=6), max_size=14).map(b"".join))
def test_no_bytes_make_it_raise(line: bytes) -> None:
    check(line)


names = st.sampled_from(
    ["level", "severity", "severityNumber", "LogLevel", "log", "record", "fields", "@t", "@mt", "t", "s", "c", "status", "method",
     "time", "ts", "date", "msg", "MESSAGE", "__REALTIME_TIMESTAMP", "PRIORITY", "stream", "resourceLogs", "scopeLogs",
     "logRecords", "attributes", "key", "value", "stringValue", "arrayValue", "values", "body", "trace_id", "span_id", "dd",
     "dd.trace_id", "trace", "span", "id", "traceparent", "b3", "uber-trace-id", "Scopes", "context", "name", "no", "short_message"]
)  # fmt: skip
leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["error", "40", "2025-01-02T03:04:05Z", "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "1" * 19])
    | st.integers(0, 10**19) | st.integers(10**30, 10**31)
)  # fmt: skip
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4), max_leaves=12
)


@settings(max_examples=300)
@given(st.dictionaries(names | st.text(max_size=4), values, max_size=8), st.sampled_from(["", "web-1 | ", "x took "]))
def test_no_fields_make_it_raise(fields: dict[str, object], prefix: str) -> None:
    check((prefix + json.dumps(fields)).encode("utf-8", "replace"))


@pytest.mark.parametrize(
    "line",
    [
        b'{"a":9007199254740993,"b":123456789012345678901234567890}',
        b'{"a":0.1234567890123456789,"b":1.0,"c":[12.5]}',
        b'{"a":1e200000}',
        b'{"a":' + b"[" * 3_000 + b"]" * 3_000 + b"}",
    ],
)
def test_fields_of_json_are_exact_or_the_line_itself(line: bytes) -> None:
    assert parse_line(line, CLOCK).attributes == line


def test_nanoseconds_of_no_second_are_no_time() -> None:
    assert parse_line(b'{"instant":{"epochSecond":5,"nanoOfSecond":7}}', CLOCK).time_unix_nano == 0


def test_a_whole_number_with_an_exponent_is_whole() -> None:
    assert (
        parse_line(b'{"a":1e3,"b":NaN,"ts":1735787045.1230000000000001}', CLOCK).attributes == b'{"a":1000,"b":"NaN"}'
    )


def test_a_coloured_line_says_the_same_wherever_in_its_stream_it_stands() -> None:
    parser = StreamParser(UTC_ZONE)
    line = b"level=info method=\x1b[34mGET\x1b[0m status=200"
    first, second = (parser.parse(line, REFERENCE, live=False) for _ in range(2))
    assert first == second
    assert json.loads(second.attributes)["method"] == "GET"
