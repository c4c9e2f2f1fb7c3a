"""Lines whose fields stand behind something: a tool's prefix, a header, a message; and objects that hold another line."""

import json
from datetime import UTC, datetime

import pytest

from logmesh.producer.parsing import parse_line
from logmesh.producer.timestamps.clock import Clock

CLOCK = Clock(reference_unix_nano=1_735_819_200 * 10**9)
AT = int(datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()) * 10**9
JSON = '{"level":"error","msg":"no","n":1}'
LOGFMT = 'level=error msg="no" n=1'
POD = {"k8s.pod.name": "web-5d9c8b-x2x4z", "k8s.container.name": "web"}
SYSLOG = {"host": "host", "app": "shop", "pid": "7"}


@pytest.mark.parametrize("body", [JSON, LOGFMT], ids=["json", "logfmt"])
@pytest.mark.parametrize(
    ("prefix", "time", "names"),
    [
        (" ", 0, {}),
        ("\ufeff", 0, {}),
        ("\x1b[36m", 0, {}),
        ("2025-01-02T03:04:05Z ", AT, {}),
        ("2025-01-02T03:04:05.000000000Z ", AT, {}),
        ("[pod/web-5d9c8b-x2x4z/web] ", 0, POD),
        ("[pod/web-5d9c8b-x2x4z/web] 2025-01-02T03:04:05Z ", AT, POD),
        ("web-5d9c8b-x2x4z web ", 0, POD),
        ("web-5d9c8b-x2x4z web 2025-01-02T03:04:05Z ", AT, POD),
        ("shop web-5d9c8b-x2x4z web ", 0, POD | {"k8s.namespace.name": "shop"}),
        ("web-1  | ", 0, {"container.name": "web-1"}),
        ("\x1b[36mweb-1  |\x1b[0m ", 0, {"container.name": "web-1"}),
        ("shop_web.1.k3j4@node-1    | 2025-01-02T03:04:05Z ", AT, {"container.name": "shop_web.1.k3j4@node-1"}),
        ("web  | ", 0, {}),
        ("Jan  2 03:04:05 host shop[7]: ", AT, SYSLOG),
        ("<14>Jan  2 03:04:05 host shop[7]: ", AT, SYSLOG),
        ("<14>1 2025-01-02T03:04:05Z host shop 7 - - ", AT, SYSLOG),
        ('<14>1 2025-01-02T03:04:05Z host shop 7 - [a@1 b="]"] \ufeff', AT, SYSLOG),
        ("2025-01-02T03:04:05+00:00 host shop[7]: ", AT, SYSLOG),
        ("2025-01-02T03:04:05Z stderr F ", AT, {"log.iostream": "stderr"}),
    ],
)
def test_what_stands_before_hides_nothing(prefix: str, time: int, names: dict[str, str], body: str) -> None:
    parsed = parse_line((prefix + body).encode(), CLOCK)
    assert (parsed.severity, parsed.severity_text, parsed.time_unix_nano) == (17, b"error", time)
    assert json.loads(parsed.attributes) == names | {"msg": "no", "n": 1}


def test_a_plain_line_behind_a_container_is_read_as_it_is() -> None:
    parsed = parse_line(b'web-1  | 10.0.0.1 - - [02/Jan/2025:03:04:05 +0000] "GET / HTTP/1.1" 502 12', CLOCK)
    assert (parsed.severity, parsed.time_unix_nano) == (17, AT)
    assert json.loads(parsed.attributes)["container.name"] == "web-1"
    assert parse_line(b"[pod/web-5d9c8b-x2x4z/web] warn: slow", CLOCK).severity == 13


@pytest.mark.parametrize("line", [b"shop | WARNING | a=b", b"a | b", b"[pod/ ] x", b"INFO-1 is | a name"])
def test_other_bars_and_brackets_name_no_container(line: bytes) -> None:
    assert b"container" not in parse_line(line, CLOCK).attributes


def test_an_object_behind_a_message_gives_fields_and_a_trace_but_no_level_and_no_time() -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    line = f'2025-01-02 03:04:05 INFO [main] a.B - took an order {{"level":"error","time":"2020-01-01T00:00:00Z","trace_id":"{trace}"}}'
    parsed = parse_line(line.encode(), CLOCK)
    assert (parsed.severity, parsed.time_unix_nano, parsed.trace_id.hex()) == (9, AT, trace)
    assert json.loads(parsed.attributes) == {"level": "error", "time": "2020-01-01T00:00:00Z"}


def test_a_sentence_before_an_object_or_pairs_is_no_prefix() -> None:
    assert parse_line(b'took an order {"level":"error"}', CLOCK).severity == 0
    assert parse_line(b"authentication failure; logname= uid=0 euid=0 level=error", CLOCK) == parse_line(b"", CLOCK)


@pytest.mark.parametrize(
    ("line", "severity", "time", "attributes"),
    [
        ('{"level":"error","time":"2025-01-02T03:04:05Z","n":1,"msg":"so lo', 17, AT, {"n": 1}),
        ('{"level":"error","n":{"a":[1]},"count":12', 17, 0, {"n": {"a": [1]}}),
        ('{"level":"error","n":1} and more', 17, 0, {"n": 1}),
        ('{"level":"error","a":"x\ty"}', 17, 0, {"a": "x\ty"}),
        ("{level}", 0, 0, None),
        ('{"level', 0, 0, None),
    ],
)
def test_json_that_is_cut_off_gives_what_stands_before(
    line: str, severity: int, time: int, attributes: dict[str, object] | None
) -> None:
    parsed = parse_line(line.encode(), CLOCK)
    assert (parsed.severity, parsed.time_unix_nano) == (severity, time)
    assert (json.loads(parsed.attributes) if parsed.attributes else None) == attributes


def test_dockers_file_is_read_as_the_line_in_it() -> None:
    wrapped = {"log": JSON + "\n", "stream": "stderr", "time": "2025-01-02T03:04:05Z"}
    parsed = parse_line(json.dumps(wrapped).encode(), CLOCK)
    assert (parsed.severity, parsed.time_unix_nano) == (17, AT)
    assert json.loads(parsed.attributes) == {"log.iostream": "stderr", "msg": "no", "n": 1}
    plain = json.dumps(wrapped | {"log": "2025-01-02 03:04:05,123 WARN a.B - slow\n"})
    assert parse_line(plain.encode(), CLOCK)[:3] == (AT + 123_000_000, 13, b"WARN")


def test_the_journals_export_says_its_messages_level_and_trace() -> None:
    entry = {"__REALTIME_TIMESTAMP": "1735787045000000", "PRIORITY": "6", "_HOSTNAME": "h", "MESSAGE": "it works"}
    parsed = parse_line(json.dumps(entry).encode(), CLOCK)
    assert (parsed.severity, parsed.time_unix_nano) == (9, AT)
    assert json.loads(parsed.attributes) == {"_HOSTNAME": "h", "MESSAGE": "it works"}
    assert parse_line(json.dumps(entry | {"MESSAGE": JSON}).encode(), CLOCK).severity == 17
    assert parse_line(json.dumps(entry | {"MESSAGE": list(b"WARN \xff")}).encode(), CLOCK).severity == 13
    assert parse_line(json.dumps(entry | {"MESSAGE": None}).encode(), CLOCK).severity == 9


def test_opentelemetrys_file_gives_its_record() -> None:
    trace, span = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    record = {
        "timeUnixNano": str(AT), "severityNumber": 17, "severityText": "Error", "traceId": trace, "spanId": span,
        "body": {"stringValue": "no"},
        "attributes": [
            {"key": "n", "value": {"intValue": "1"}},
            {"key": "list", "value": {"arrayValue": {"values": [{"boolValue": True}]}}},
        ],
    }  # fmt: skip
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    line = {"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": [record]}]}]}
    parsed = parse_line(json.dumps(line).encode(), CLOCK)
    assert (parsed.severity, parsed.time_unix_nano) == (17, AT)
    assert (parsed.trace_id.hex(), parsed.span_id.hex()) == (trace, span)
    assert json.loads(parsed.attributes) == {"service.name": "shop", "n": 1, "list": [True], "body": "no"}
    line["resourceLogs"][0]["scopeLogs"][0]["logRecords"].append({"severityNumber": 9})  # type: ignore[index]
    several = parse_line(json.dumps(line).encode(), CLOCK)
    assert (several.severity, several.time_unix_nano, several.trace_id) == (17, AT, b"")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("503", 503), ("-7", -7), ("0", 0), ("12.5", 12.5), ("0.25", 0.25), ("true", True), ("false", False),
        ("123456789012345", 123456789012345), ("1234567890123456", "1234567890123456"), ("007", "007"), ("1.50", "1.50"),
        ("1.2.3", "1.2.3"), ("1e5", "1e5"), ("+1", "+1"), ("1.5s", "1.5s"), ("-", "-"), ("null", "null"), ('"503"', "503"),
        ("", ""), ("7,", 7),
    ],
)  # fmt: skip
def test_logfmts_numbers_are_numbers(text: str, value: object) -> None:
    parsed = parse_line(f"status={text} msg=x".encode(), CLOCK)
    assert json.loads(parsed.attributes) == {"status": value, "msg": "x"}


@pytest.mark.parametrize(
    ("line", "severity", "attributes"),
    [
        (
            r'10.0.0.1 - - [02/Jan/2025:03:04:05 +0000] "\x16\x03\x01" 400 150 "-" "-"',
            13,
            {"client.address": "10.0.0.1", "http.request.line": r"\x16\x03\x01", "http.response.body.size": 150},
        ),
        ('10.0.0.1 - - [02/Jan/2025:03:04:05 +0000] "" 400 - "-" "-"', 13, {"client.address": "10.0.0.1"}),
        ('10.0.0.1 - - [02/Jan/2025:03:04:05 +0000] "-" 408 -', 13, {"client.address": "10.0.0.1"}),
        (
            '10.0.0.1 - ann smith [02/Jan/2025:03:04:05 +0000] "GET / HTTP/1.1" 404 12 "-" "a"',
            13,
            {
                "client.address": "10.0.0.1", "user.name": "ann smith", "http.request.method": "GET", "url.path": "/",
                "network.protocol.version": "1.1", "http.response.body.size": 12, "user_agent.original": "a",
            },
        ),
        (
            'shop.example:443 10.0.0.1 - - [02/Jan/2025:03:04:05 +0000] "GET / HTTP/2.0" 200 12',
            9,
            {
                "server.address": "shop.example:443", "client.address": "10.0.0.1", "http.request.method": "GET", "url.path": "/",
                "network.protocol.version": "2.0", "http.response.body.size": 12,
            },
        ),
        (
            '[2025-01-02T03:04:05.000Z] "GET / HTTP/1.1" 503 UF 0 91 0 - "-" "curl"',
            17,
            {"http.request.method": "GET", "url.path": "/", "network.protocol.version": "1.1"},
        ),
        (
            '10.0.0.1 - - [02/Jan/2025:03:04:05 +0000] "GET / HTTP/1.1" 503 12 "-" "a" 72 0.001 [shop-web-80] [] - - - - abc',
            17,
            {
                "client.address": "10.0.0.1", "http.request.method": "GET", "url.path": "/", "network.protocol.version": "1.1",
                "http.response.body.size": 12, "user_agent.original": "a",
            },
        ),
    ],
)  # fmt: skip
def test_access_logs_keep_time_and_status(line: str, severity: int, attributes: dict[str, object]) -> None:
    parsed = parse_line(line.encode(), CLOCK)
    assert (parsed.severity, parsed.time_unix_nano) == (severity, AT)
    status = {"http.response.status_code": int(line.split('" ')[1][:3])}
    assert json.loads(parsed.attributes) == attributes | status
