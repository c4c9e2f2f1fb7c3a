"""What a message of syslog becomes: its text is the body, its header the time, the severity, the origin and the attributes."""

import json
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logmesh.producer.receivers.syslog import origins
from logmesh.producer.receivers.syslog.framing import Framer, Message
from logmesh.producer.receivers.syslog.messages import MessageReader
from logmesh.producer.sources import Chunk
from logmesh.producer.timestamps.zones import zone_of
from logmesh.record.columns import OriginKey
from logmesh.record.limits import MAX_BODY_BYTES

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FROM = b"192.0.2.7"


def _read(*messages: Message, zone: str = "UTC") -> Chunk:
    reader = MessageReader(zone_of(zone))
    received = reader.read([(message, FROM) for message in messages], int(NOW.timestamp()) * 10**9)
    assert received.refused == []
    assert not received.told_apart
    return received.chunk


def _one(message: Message, zone: str = "UTC") -> dict[str, Any]:
    chunk = _read(message, zone=zone)
    assert len(chunk) == 1
    return {
        "time": datetime.fromtimestamp(chunk.times[0] / 1e9, UTC) if chunk.times[0] else None,
        "severity": chunk.severities[0],
        "body": chunk.bodies[0],
        "attributes": json.loads(chunk.attributes[0] or b"{}"),
        "origin": chunk.origins[0],
    }


def _origin(app: bytes, host: bytes) -> OriginKey:
    return OriginKey(app, host, b'{"host.name":"%b"}' % host)


def test_rfc_5424() -> None:
    assert _one(
        b'<165>1 2026-01-02T03:04:05.123456+01:00 web-1.example shop 4711 ID47 [exampleSDID@32473 iut="3"'
        b' eventSource="App\\"lication"][origin ip="192.0.2.1" ip="192.0.2.2"][flag@1] \xef\xbb\xbfAn event'
    ) == {
        "time": datetime(2026, 1, 2, 2, 4, 5, 123456, UTC),
        "severity": 10,
        "body": b"An event",
        "attributes": {
            "syslog.facility": "local4",
            "syslog.procid": "4711",
            "syslog.msgid": "ID47",
            "syslog.exampleSDID@32473.iut": "3",
            "syslog.exampleSDID@32473.eventSource": 'App"lication',
            "syslog.origin.ip": ["192.0.2.1", "192.0.2.2"],
            "syslog.flag@1": True,
        },
        "origin": _origin(b"shop", b"web-1.example"),
    }


def test_rfc_5424_with_nothing_said() -> None:
    assert _one(b"<0>1 - - - - - -") == {
        "time": None, "severity": 24, "body": b"", "attributes": {"syslog.facility": "kern"}, "origin": _origin(b"", FROM),
    }  # fmt: skip


def test_a_time_in_the_text_is_the_records_where_the_header_has_none() -> None:
    assert _one(b"<14>1 - - app - - - 2026-01-01T00:00:00Z started")["time"] == datetime(2026, 1, 1, tzinfo=UTC)


def test_rfc_3164_in_the_zone_that_the_settings_say() -> None:
    message = b"<34>Jan  2 04:04:05 mymachine su[12]: 'su root' failed for lonvick on /dev/pts/8"
    assert _one(message, "Europe/Berlin") == {
        "time": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "severity": 21,
        "body": b"'su root' failed for lonvick on /dev/pts/8",
        "attributes": {"syslog.facility": "auth", "syslog.procid": "12"},
        "origin": _origin(b"su", b"mymachine"),
    }


def test_rfc_3164_has_no_year() -> None:
    assert _one(b"<13>Dec 31 23:59:59 host app: last year's")["time"] == datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("message", "host", "app", "body"),
    [
        (b"<13>2026-01-02T03:04:05.000001+00:00 host postfix/smtpd[9]: connect", b"host", b"postfix/smtpd", b"connect"),
        (b"<13>Jan  2 03:04:05 app[9]: no host", FROM, b"app", b"no host"),
        (b"<13>Jan  2 03:04:05 fe80::1 app: text: more", b"fe80::1", b"app", b"text: more"),
        (b"<13>Jan  2 03:04:05 Connection refused", FROM, b"", b"Connection refused"),
        (b"<13>Jan  2 03:04:05 10.0.0.1 without a tag", b"10.0.0.1", b"", b"without a tag"),
        (
            b"<13>Jan  2 03:04:05 rtr-1 %LINK-3-UPDOWN: Interface Gi0/1",
            b"rtr-1",
            b"",
            b"%LINK-3-UPDOWN: Interface Gi0/1",
        ),
        (b"<13>Jan  2 03:04:05 rtr-1 45: %SYS-5-CONFIG_I: by ann", b"rtr-1", b"", b"45: %SYS-5-CONFIG_I: by ann"),
        (b"<13>Jan  2 2026 03:04:05 asa-1 : %ASA-6-302013: Built", b"asa-1", b"", b": %ASA-6-302013: Built"),
        (b"<13>just text", FROM, b"", b"just text"),
        (b"<13>", FROM, b"", b""),
        (b"no priority", FROM, b"", b"no priority"),
        (b"<192>1 - host app - - - no such priority", FROM, b"", b"<192>1 - host app - - - no such priority"),
    ],
)
def test_headers_as_they_are_written(message: bytes, host: bytes, app: bytes, body: bytes) -> None:
    read = _one(message)
    assert read["origin"] == _origin(app, host)
    assert read["body"] == body


def test_a_text_of_fields_gives_them_and_its_own_level() -> None:
    read = _one(b'<14>1 2026-01-02T03:04:05Z host app - - - @cee:{"level":"error","order":7}')
    assert read["attributes"] == {"syslog.facility": "user", "order": 7}
    assert read["severity"] == 17
    assert read["body"] == b'@cee:{"level":"error","order":7}'
    assert _one(b"<14>1 - host app - - - order=7 user=ann")["severity"] == 9


def test_structured_data_that_is_none_stays_in_the_body() -> None:
    assert _one(b"<14>1 - host app - - [not so] text")["body"] == b"[not so] text"
    assert _one(b'<14>1 - host app - - [a b="]"] text')["attributes"]["syslog.a.b"] == "]"


def test_a_header_that_is_too_large_for_attributes_stays_in_the_body() -> None:
    for data in (b"".join(b'[a%d x="1"]' % number for number in range(130)), b'[a x="%b"]' % (b"y" * 70_000)):
        message = b"<14>1 2026-01-02T03:04:05Z host app - - " + data + b" text"
        read = _one(message)
        assert read["body"] == message
        assert read["attributes"] == {"logmesh.attributes_omitted": True}
        assert read["origin"] == _origin(b"app", b"host")


def test_fields_that_are_too_many_beside_the_headers_are_left_out() -> None:
    data = b"".join(b'[a%d x="1"]' % number for number in range(20))
    text = json.dumps({f"field{number}": number for number in range(115)}).encode()
    read = _one(b"<14>1 - host app - - " + data + b" " + text)
    assert read["body"] == text
    assert len(read["attributes"]) == 22 and read["attributes"]["logmesh.attributes_omitted"] is True


def test_parts_of_a_message_say_what_its_first_one_says() -> None:
    message = b"<11>1 2026-01-02T03:04:05Z host app 7 - - " + b"x" * MAX_BODY_BYTES
    chunk = _read(*Framer().feed(message + b"\n"))
    assert b"".join(chunk.bodies) == b"x" * MAX_BODY_BYTES
    assert chunk.times[0] == chunk.times[1] > 0 and chunk.severities == [17, 17]
    assert chunk.origins == [_origin(b"app", b"host")] * 2
    first, second = map(json.loads, chunk.attributes)
    assert first["syslog.procid"] == "7" and first["logmesh.part"] == 1
    assert second == {"logmesh.part": 2, "logmesh.line": first["logmesh.line"]}


def test_a_message_that_was_cut_short_says_so() -> None:
    framer = Framer()
    assert framer.feed(b"99 <11>Jan  2 03:04:05 host app: only the begin") == []
    chunk = _read(*framer.end())
    assert chunk.bodies == [b"only the begin"]
    assert json.loads(chunk.attributes[0]) == {"logmesh.cut_short": True, "syslog.facility": "user"}


_fields = st.sampled_from(
    [b"<13>", b"<191>", b"<999>", b"1 ", b"- ", b"2026-01-02T03:04:05Z ", b"2026-13-99T99:99:99+99:99 ", b"Jan  2 03:04:05 ",
     b"Feb 30 25:61:61 ", b"host ", b"app[1]: ", b"app: ", b"app ", b'[a b="c"] ', b'[a b="\\"', b"\xef\xbb\xbf", b"\xff\xfe", b"\0",
     b'{"a":', b"{" * 2_000, b"[" * 500, b"a=b c=d ", b'] "GET / HTTP/1.1" 200 ', b"trace_id=", b"@cee:", b" ", b":", b"\n"]
) | st.binary(max_size=20)  # fmt: skip


@settings(max_examples=1_000)
@given(
    st.lists(st.lists(_fields, max_size=12).map(b"".join), max_size=4),
    st.sampled_from(["UTC", "Europe/Berlin", "-08:00"]),
)
def test_whatever_comes_becomes_a_record(messages: list[bytes], zone: str) -> None:
    chunk = _read(*messages, zone=zone)
    assert len(chunk) == len(messages)
    for message, body, time, severity, attributes, origin in zip(
        messages, chunk.bodies, chunk.times, chunk.severities, chunk.attributes, chunk.origins, strict=True
    ):
        assert message.endswith(body)
        assert 0 <= time < 1 << 63 and 0 <= severity <= 24
        assert not attributes or attributes.startswith(b"{")
        (origin.service_name + origin.service_instance_id + origin.resource_attributes).decode()


@pytest.mark.parametrize(
    "header",
    [
        '<14>1 - host app - - [a b="%d{x}"] text',
        "<14>Jan  2 03:04:05 %d{x} app: text",
    ],
)
def test_what_is_remembered_of_headers_is_little_however_long_they_are(header: str) -> None:
    reader = MessageReader(zone_of("UTC"))
    tracemalloc.start()
    try:
        for number in range(200):
            message = (header % number).replace("{x}", "x" * 50_000).encode()
            assert reader.read([(message, FROM)], 1).chunk.bodies == [b"text"]
        assert tracemalloc.get_traced_memory()[0] < 2 << 20
    finally:
        tracemalloc.stop()


def _tagged(app: bytes, host: bytes = b"web-1") -> tuple[Message, bytes]:
    return b"<14>1 - %b %b 7 - - up" % (host, app), FROM


def test_ever_new_names_are_attributes_of_one_origin_until_the_hour_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origins, "MOST_NEW", 3)
    reader, hour = MessageReader(zone_of("UTC")), 3_600 * 10**9

    def services(apps: list[bytes], now: int) -> list[bytes]:
        return [origin.service_name for origin in reader.read([_tagged(app) for app in apps], now).chunk.origins]

    assert services([b"a", b"b", b"a", b"c", b"d", b"a", b"e"], hour) == [
        b"a",
        b"b",
        b"a",
        b"c",
        b"syslog",
        b"a",
        b"syslog",
    ]
    assert services([b"c", b"f"], hour + 1) == [b"c", b"syslog"]
    # What was there in the last hour is not new in this one.
    assert services([b"a", b"f", b"g", b"h", b"b", b"i"], 2 * hour) == [b"a", b"f", b"g", b"h", b"b", b"syslog"]
    assert services([b"c"], 3 * hour) == [b"c"]


def test_names_that_no_origin_has_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origins, "MOST_NEW", 0)
    said = _one(b'<165>1 - web-1 shop 7 ID1 [a b="c"] {"user":1}')
    assert said["origin"] == OriginKey(b"syslog") and said["body"] == b'{"user":1}'
    assert said["attributes"] == {
        "syslog.hostname": "web-1", "syslog.appname": "shop", "syslog.facility": "local4", "syslog.procid": "7",
        "syslog.msgid": "ID1", "syslog.a.b": "c", "user": 1,
    }  # fmt: skip
    assert _one(b"no header")["attributes"] == {"syslog.hostname": "192.0.2.7"}
    large = b'<165>1 - web-1 shop 7 - [a b="%b"] up' % (b"x" * 65_450)
    assert _one(large)["body"] == large, "nothing is lost where there is no room for attributes"


def test_a_flood_of_names_makes_so_many_origins_an_hour_and_no_more_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origins, "MOST_NEW", 100)
    monkeypatch.setattr(origins, "MOST_KNOWN", 150)
    reader, came = MessageReader(zone_of("UTC")), set[OriginKey]()
    for hour in range(4):
        sent = [_tagged(b"app-%d" % number, b"host-%d" % (number % 7)) for number in range(1_000)]
        found = reader.read(sent, hour * 3_600 * 10**9).chunk.origins
        came |= set(found)
        assert len(set(found)) <= 251, "150 of the hour before, 100 new ones, and the one for all others"
    assert len(came) <= 401
