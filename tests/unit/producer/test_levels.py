"""How severe a line is: levels where loggers write them, and none where a sentence, a key or a URL has the word."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmesh.producer.formats.stream import StreamParser
from logmesh.producer.levels import find_level
from logmesh.producer.parsing import parse_line
from logmesh.producer.sources.lines import Line
from logmesh.producer.sources.parts import Parts
from logmesh.producer.sources.records import Moment, read_records
from logmesh.producer.timestamps.clock import Clock
from logmesh.producer.timestamps.zones import UTC_ZONE
from logmesh.record.severity import severity_name

CLOCK = Clock(reference_unix_nano=1_735_819_200 * 10**9)


def level(line: str | bytes) -> str:
    number = parse_line(line.encode() if isinstance(line, str) else line, CLOCK).severity
    return severity_name(number).rstrip("234")


LINES = [
    # At the start, with and without a time.
    ("WARN low on space", "WARN"),
    ("error opening the store", "ERROR"),
    ("Warning: deprecated", "WARN"),
    ("emerg: going down", "FATAL"),
    ("VERBOSE begin", "TRACE"),
    ("2025-01-02 03:04:05 FINEST entering", "TRACE"),
    ("2025-01-02 03:04:05, Info                  CBS    loaded", "INFO"),
    ("2025-01-02T03:04:05Z ERR no route attempt=3", "ERROR"),
    ("2025-01-02T03:04:05Z INF ready", "INFO"),
    ("2025-01-02T03:04:05Z FTL gone", "FATAL"),
    ("2025-01-02T03:04:05Z VRB step", "TRACE"),
    ("[03:04:05 WRN] slow", "WARN"),
    ("03:04:05.123 [error] crashed", "ERROR"),
    ("ERRO[0007] no such job=1", "ERROR"),
    ("FATA[0007] gone", "FATAL"),
    ("PANI[0007] gone", "FATAL"),
    ("DEBU[0007] step", "DEBUG"),
    ("fail: Shop.Api.Cart[3]", "ERROR"),
    ("dbug: Shop.Api.Cart[3]", "DEBUG"),
    ("trce: Shop.Api.Cart[3]", "TRACE"),
    ("crit: Shop.Api.Cart[3]", "FATAL"),
    ("INFO 2025-01-02T03:04:05Z level first", "INFO"),
    # Set off by brackets and separators.
    ("[ INFO ] started", "INFO"),
    ("<error> not there", "ERROR"),
    ("*ERROR* not there", "ERROR"),
    ("##[warning]slow", "WARN"),
    ("2025-01-02 03:04:05 [7][warning][main] ERROR is a word here", "WARN"),
    ("[Thu Jan 02 03:04:05.123456 2025] [core:error] [pid 7:tid 8] AH00126: no", "ERROR"),
    ("[Thu Jan 02 03:04:05.123456 2025] [ssl:trace3] [pid 7] no", "TRACE"),
    ("2025-01-02 03:04:05,123 - shop.cart - ERROR - failed", "ERROR"),
    ("2025-01-02 03:04:05.123 | SUCCESS  | a:b:1 - ERROR count is 0", "INFO"),
    ("2025-01-02T03:04:05.123456Z 0 [Note] [MY-010068] [Server] ready", "INFO"),
    ("2025-01-02 03:04:05.123 UTC [7] LOG:  ready", "INFO"),
    ("2025-01-02 03:04:05 UTC:10.0.0.1(5000):u@db:[7]:ERROR:  duplicate", "ERROR"),
    ("[2025-01-02T03:04:05.123456+01:00] shop.ERROR: x {} []", "ERROR"),
    ("2025-01-02T03:04:05.123456Z\terror\tads\tno", "ERROR"),
    ("2025.01.02 03:04:05.123456 [ 7 ] {} <Error> App: no", "ERROR"),
    ("Jan  2 03:04:05 host sshd[7]: error: no", "ERROR"),
    ("Jan  2 03:04:05 host daemon.warn app[7]: slow", "WARN"),
    ("main.c:7:3: warning: unused", "WARN"),
    # In a column of their own.
    ("- 1735787045 2025.01.02 R0-M1 2025-01-02-03.04.05.123456 R0-M1 RAS KERNEL FATAL no power", "FATAL"),
    ("api.log 2025-01-02 03:04:05.123 77 WARNING shop.api slow", "WARN"),
    ("2025-01-02 03:04:05,123 main ERROR no appender", "ERROR"),
    ("2025-01-02 03:04:05.123456+0100 0x1a3 Fault 0x0 7 0 app: no", "FATAL"),
    # Letters.
    ("E: no such package", "ERROR"),
    ("W: not signed", "WARN"),
    ("[E] no", "ERROR"),
    ("[W 03:04:05 shop] slow", "WARN"),
    ("[I 250102 03:04:05 web:12] served", "INFO"),
    ("01-02 03:04:05.123  1702  2395 D WindowManager: step", "DEBUG"),
    ("01-02 03:04:05.123 E/Cart( 1702): no", "ERROR"),
    ("2025-01-02T03:04:05.123+0000 I NETWORK  [conn1] end", "INFO"),
    ("E, [2025-01-02T03:04:05.123456 #7] ERROR -- : no", "ERROR"),
    ("E0102 03:04:05.123456   123 a.cc:12] no", "ERROR"),
    ("W20250102 03:04:05.123456   123 a.cc:12] slow", "WARN"),
    ("F250102 03:04:05.123456 7 a/b.go:1 ⋮ [n1] 12  gone", "FATAL"),
    ("[   7.123] (EE) no screens", "ERROR"),
    # Said otherwise.
    ("Traceback (most recent call last):", "ERROR"),
    ("Unhandled exception. System.Exception: no", "ERROR"),
    ('Exception in thread "main" java.lang.RuntimeException: no', "ERROR"),
    ("java.io.IOException: no", "ERROR"),
    ("TypeError: no", "ERROR"),
    ("thread 'main' panicked at src/main.rs:2:5:", "ERROR"),
    ("npm ERR! code 1", "ERROR"),
    ("npm warn deprecated", "WARN"),
    ("[02-Jan-2025 03:04:05 UTC] PHP Fatal error:  no", "FATAL"),
    ("=ERROR REPORT==== 2-Jan-2025::03:04:05 ===", "ERROR"),
    ("Jan  2 03:04:05 host 77: %LINK-3-UPDOWN: down", "ERROR"),
    ("main.ts(1,2): error TS2304: no such name", "ERROR"),
    ("error[E0382]: moved", "ERROR"),
    ("(node:7) Warning: slow", "WARN"),
    ("❌ Error: no", "ERROR"),
    ("[2025-01-02 03:04:05,123: ERROR/MainProcess] no", "ERROR"),
    ("2025-01-02T03:04:05Z pid=7 tid=ab INFO: begin", "INFO"),
    ("Jan  2 03:04:05 imap-login: Error: no", "ERROR"),
    ("2025/01/02 03:04:05 ...auth/auth.go:200:SignIn() [I] failed for ann", "INFO"),
    ("Thread-1::WARNING::2025-01-02 03:04:05,123::shop::7::slow", "WARN"),
    ("2025-01-02 03:04:05 trace begin", "TRACE"),
    ('Jan  2 03:04:05 host nginx[7]: 10.0.0.1 - - [02/Jan/2025:03:04:05 +0000] "GET / HTTP/1.1" 502 1', "ERROR"),
    # With colours.
    ("\x1b[31mERROR\x1b[0m no", "ERROR"),
    ("2025-01-02T03:04:05Z \x1b[1;33mWARN\x1b[0m slow", "WARN"),
    ("\x1b[2m2025-01-02T03:04:05.123456Z\x1b[0m [\x1b[33m\x1b[1mwarning  \x1b[0m] \x1b[1mslow\x1b[0m", "WARN"),
    ("\x1b[31mE\x1b[0m: no", "ERROR"),
    # None of this is a level.
    ("2025-01-02 03:04:05 no ERROR was found", ""),
    ("an ERROR occurred", ""),
    ("NO ERROR FOUND", ""),
    ("GET /v1?level=ERROR HTTP/1.1", ""),
    ("GET /ERROR/INFO=1", ""),
    ("ERROR_COUNT=0 done", ""),
    ("error count 0", ""),
    ("2025-01-02 03:04:05.123 UTC [7] STATEMENT:  select ERROR from t", ""),
    ("[12345.678901] usb 1-1: device descriptor read/64, error -71", ""),
    ("Jan  2 03:04:05 host logrotate: ALERT exited abnormally", ""),
    ('said "ERROR" twice', ""),
    ("Information about the house", ""),
    ("fine weather", ""),
    ("3 ERROR lines", ""),
    ("0 errors, 0 warnings", ""),
    ("the word ERROR in a sentence", ""),
    ("/var/log/error.log rotated", ""),
    ("", ""),
]


@pytest.mark.parametrize(("line", "expected"), LINES)
def test_lines(line: str, expected: str) -> None:
    assert level(line) == expected


@given(st.sampled_from([line for line, _ in LINES if "%" not in line]), st.data())
def test_one_digit_is_as_good_as_another(line: str, data: st.DataObject) -> None:
    """So that what was found in one message of a template is found in all."""
    digits = data.draw(st.lists(st.sampled_from("0123456789"), min_size=len(line), max_size=len(line)))
    other = "".join(digit if was.isdigit() else was for was, digit in zip(line, digits, strict=True))
    # Nothing is remembered of long lines.
    behind = " " + "." * 300
    end = data.draw(st.sampled_from([0, *(at for at, was in enumerate(line) if was == " ")]))
    assert find_level((other + behind).encode(), end) == find_level((line + behind).encode(), end)


def test_the_word_is_kept_as_written() -> None:
    assert parse_line(b"\x1b[33mwarning\x1b[0m: slow", CLOCK).severity_text == b"warning"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"level": "\x1b[31merror\x1b[39m"}, "ERROR"),
        ({"Level": "Error"}, "ERROR"),
        ({"LEVEL": "ERROR"}, "ERROR"),
        ({"LogLevel": "Critical"}, "FATAL"),
        ({"LogLevel": 3}, "WARN"),
        ({"@t": "2025-01-02T03:04:05Z", "@mt": "Hi", "@l": "Warning"}, "WARN"),
        ({"@t": "2025-01-02T03:04:05Z", "@mt": "Hi"}, "INFO"),
        ({"log": {"level": "error"}}, "ERROR"),
        ({"record": {"level": {"name": "ERROR", "no": 40}}}, "ERROR"),
        ({"level": {"level": 40000, "levelStr": "ERROR", "colour": "red"}}, "ERROR"),
        ({"level": 30}, "INFO"),
        ({"level": 35}, "INFO"),
        ({"level": 60}, "FATAL"),
        ({"level": 400, "level_name": "ERROR"}, "ERROR"),
        ({"level": 250}, "INFO"),
        ({"level": 900}, "WARN"),
        ({"level": "50"}, "ERROR"),
        ({"levelno": 40}, "ERROR"),
        ({"levelno": 30}, "WARN"),
        ({"level_value": 40000}, "ERROR"),
        ({"severityNumber": 17}, "ERROR"),
        ({"severityNumber": "SEVERITY_NUMBER_WARN2"}, "WARN"),
        ({"severity": "NOTICE"}, "INFO"),
        ({"severity": 500}, "ERROR"),
        ({"severity": 4}, "WARN"),
        ({"priority": "ERROR"}, "ERROR"),
        ({"PRIORITY": "3"}, "ERROR"),
        ({"level": 3, "short_message": "x"}, "ERROR"),
        ({"level": "INFO+2"}, "INFO"),
        ({"level": "W"}, "WARN"),
        ({"t": {"$date": "2025-01-02T03:04:05Z"}, "s": "E", "c": "NETWORK", "msg": "x"}, "ERROR"),
        ({"error_severity": "ERROR"}, "ERROR"),
        ({"prio": 2, "label": "Warning"}, "WARN"),
        ({"reqId": "a", "level": 3, "remoteAddr": "10.0.0.1"}, "ERROR"),
        ({"@fields": {"lvl": "WARN"}}, "WARN"),
        ({"method": "GET", "status": 502}, "ERROR"),
        ({"request_method": "GET", "status": "404"}, "WARN"),
        ({"method": "GET", "status": 502, "msg": "told a client"}, ""),
        ({"status": 502}, ""),
        ({"severity": "DEFAULT"}, ""),
        ({"kind": "Event", "level": "Metadata"}, ""),
        ({"level": 3}, ""),
        ({"level": 12345678}, ""),
        ({"level": True, "severity": []}, ""),
        ({"msg": "ERROR"}, ""),
    ],
)
def test_fields(fields: dict[str, object], expected: str) -> None:
    assert level(json.dumps(fields)) == expected


def test_what_says_no_level_stays_a_field() -> None:
    parsed = parse_line(b'{"level":"Metadata","log":{"level":"?"}}', CLOCK)
    assert json.loads(parsed.attributes) == {"level": "Metadata", "log": {"level": "?"}}


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (b"Jan 02, 2025 3:04:05 AM shop.Cart add\nSEVERE: no", (17, b"SEVERE")),
        (b"Jan 02, 2025 3:04:05 AM shop.Cart add\nFINE: step", (5, b"FINE")),
        (b"2025-01-02 03:04:05 gone\nTraceback (most recent call last):\n  File", (17, b"")),
        (b"2025-01-02 03:04:05 list\nINFO and more\nSEVERE: no", (0, b"")),
        (b"2025-01-02 03:04:05 WARN slow\nSEVERE: no", (13, b"WARN")),
    ],
)
def test_a_second_line_says_the_level_that_the_first_lacks(record: bytes, expected: tuple[int, bytes]) -> None:
    parser = StreamParser(UTC_ZONE)
    bodies, [said] = read_records([Line(record, 0, 0)], parser, Parts(), "a.log", Moment(CLOCK.read_at, CLOCK.read_at))
    assert (bodies, said.severity, said.severity_text) == ([record], *expected)
