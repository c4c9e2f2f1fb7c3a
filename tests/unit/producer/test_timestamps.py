"""Times without a zone, named zones, clocks that are put back, days in numbers, and dates that are no record's time."""

import time
import zoneinfo
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmesh.producer.timestamps.clock import Clock
from logmesh.producer.timestamps.fields import take_time, time_of_value
from logmesh.producer.timestamps.places import time_and_end
from logmesh.producer.timestamps.settling import settle
from logmesh.producer.timestamps.zones import UTC_ZONE, machine_zone, zone_of


def nanos(text: str) -> int:
    """Of an ISO time with a zone, whole seconds."""
    return int(datetime.fromisoformat(text).timestamp()) * 10**9


NOW = nanos("2026-11-30T12:00:00Z")


def found(line: str, zone: str = "UTC", now: int = NOW) -> str:
    """The time of a line in UTC, empty without one."""
    time, _ = time_and_end(line.encode(), Clock(zone_of(zone), now))
    return datetime.fromtimestamp(time // 10**9, UTC).isoformat()[:19] if time else ""


@pytest.mark.parametrize(
    ("zone", "line", "utc"),
    [
        ("Europe/Berlin", "2026-11-20 14:45:12,123 ERROR x", "2026-11-20T13:45:12"),
        ("Europe/Berlin", "2026-07-20 15:45:12,123 ERROR x", "2026-07-20T13:45:12"),
        ("Asia/Kolkata", "Nov 20 19:15:12 host app: x", "2026-11-20T13:45:12"),
        ("America/New_York", "11/20/2026 08:45:12 AM ERROR x", "2026-11-20T13:45:12"),
        ("America/New_York", "2026-11-20T13:45:12Z ERROR x", "2026-11-20T13:45:12"),
        ("+05:30", "20.11.2026 19:15:12 x", "2026-11-20T13:45:12"),
        ("UTC", "2026-11-20 14:45:12.123 CET [7] LOG:  x", "2026-11-20T13:45:12"),
        ("UTC", "2026-07-20 15:45:12.123 CEST [7] LOG:  x", "2026-07-20T13:45:12"),
        ("UTC", "2026-11-20 05:45:12.123 PST [7] LOG:  x", "2026-11-20T13:45:12"),
        ("UTC", "2026-11-20 08:45:12.123 EST [7] LOG:  x", "2026-11-20T13:45:12"),
        ("UTC", "2026-11-20 16:45:12 MSK [7] LOG:  x", "2026-11-20T13:45:12"),
        ("UTC", "2026-11-20 19:15:12 IST x", "2026-11-20T13:45:12"),
        ("Asia/Jerusalem", "2026-11-20 15:45:12 IST x", "2026-11-20T13:45:12"),
        ("UTC", "2026-11-20 14:45:12.123 +01 [7] LOG:  x", "2026-11-20T13:45:12"),
        ("UTC", "2026-11-20 14:45:12+01 x", "2026-11-20T13:45:12"),
        ("UTC", "2026-11-20 05:45:12 -08:00 x", "2026-11-20T13:45:12"),
        ("UTC", "2026-11-20 13:45:12 -10 items", "2026-11-20T23:45:12"),
        ("UTC", "2026-11-20 13:45:12-123 x", "2026-11-20T13:45:12"),
    ],
)
def test_a_time_is_in_the_zone_it_names_else_in_its_stream_s(zone: str, line: str, utc: str) -> None:
    assert found(line, zone) == utc


@pytest.mark.parametrize(
    ("wall", "utc"),
    [
        ("2026-03-29 01:59:59", "2026-03-29T00:59:59"),
        ("2026-03-29 03:00:00", "2026-03-29T01:00:00"),
        ("2026-10-25 01:59:59", "2026-10-24T23:59:59"),
        ("2026-10-25 03:00:00", "2026-10-25T02:00:00"),
    ],
)
def test_summer_time_is_right_on_both_sides_of_a_change(wall: str, utc: str) -> None:
    assert found(f"{wall} INFO x", "Europe/Berlin") == utc


def test_the_hour_that_comes_twice_goes_by_the_lines_before() -> None:
    clock = Clock(zone_of("Europe/Berlin"), NOW)
    times: list[int] = []
    for wall in ("02:10:00", "02:58:00", "02:00:30", "02:10:00", "02:59:59", "03:00:00"):
        clock.last = times[-1] if times else 0
        time, _ = time_and_end(f"2026-10-25 {wall} INFO x".encode(), clock)
        times.append(time)
    first = nanos("2026-10-25T02:10:00+02:00")
    assert [(time - first) // 10**9 for time in times] == [0, 2880, 3030, 3600, 6599, 6600]


@pytest.mark.parametrize(("read", "utc"), [("00:30:10", "00:30:00"), ("01:30:10", "01:30:00")])
def test_the_hour_that_comes_twice_goes_by_the_time_of_reading_where_it_is_followed(read: str, utc: str) -> None:
    now = nanos(f"2026-10-25T{read}Z")
    assert found("2026-10-25 02:30:00 INFO x", "Europe/Berlin", now) == f"2026-10-25T{utc}"


@pytest.mark.parametrize(
    ("name", "hours"), [("Europe/Berlin", 1), (":America/New_York", -5), ("UTC", 0), ("XYZ-03:30", 3.5)]
)
def test_this_machine_s_zone_is_that_of_tz(monkeypatch: pytest.MonkeyPatch, name: str, hours: float) -> None:
    monkeypatch.setenv("TZ", name)
    time.tzset()
    machine_zone.cache_clear()
    try:
        clock = Clock(machine_zone(), NOW)
        assert clock.unix(NOW // 10**9) == NOW // 10**9 - hours * 3600
    finally:
        monkeypatch.undo()
        time.tzset()
        machine_zone.cache_clear()


def test_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="Europe/Berlin, UTC or"):
        zone_of("Mars/Olympus")


@pytest.mark.parametrize(
    "line",
    [
        "certificate of web expires 2031-01-01T00:00:00Z",
        "subscription 42 valid until 2031-06-01 00:00:00",
        "restored snapshot of 2019-05-01 00:00:00 in 3 s",
        "SELECT * FROM t WHERE at > '2019-05-01 00:00:00'",
        "ERROR license of [web] ends 2031-01-01 00:00:00",
        "web: expires=2031-01-01T00:00:00Z",
        "next run: 2031-01-01 00:00:00",
        "took 1795182312 ns",
        "[12345.678901] usb 1-1: device descriptor read/64, error -71",
        "",
    ],
)
def test_a_date_among_words_is_no_time(line: str) -> None:
    assert found(line) == ""


@pytest.mark.parametrize(
    ("lines", "days"),
    [
        (["05/04/2026 10:00:00 x"], ["2026-05-04"]),
        (["25/04/2026 10:00:00 x", "05/04/2026 10:00:00 x"], ["2026-04-25", "2026-04-05"]),
        (["30/11/2026 10:00:00 x", "12/11/2026 10:00:00 x"], ["2026-11-30", "2026-11-12"]),
        (["05.04.2026 10:00:00 x"], ["2026-04-05"]),
        (["17/06/09 10:00:00 INFO x"], ["2017-06-09"]),
        (["04/25/26 10:00:00 x", "04/05/26 10:00:00 x"], ["2026-04-25", "2026-04-05"]),
    ],
)
def test_the_order_of_a_day_in_numbers_is_learned_from_the_stream(lines: list[str], days: list[str]) -> None:
    clock = Clock(UTC_ZONE, NOW)
    for line, day in zip(lines, days, strict=True):
        time, _ = time_and_end(line.encode(), clock)
        assert datetime.fromtimestamp(time / 1e9, UTC).date().isoformat() == day


@pytest.mark.parametrize(
    ("now", "utc"), [("2026-11-30T00:04:00", "2026-11-29T23:59:58"), ("2026-11-30T23:59:59", "2026-11-30T23:59:58")]
)
def test_a_time_of_day_is_the_last_before_reading(now: str, utc: str) -> None:
    assert found("23:59:58,123 INFO x", now=nanos(now + "Z")) == utc


@given(st.integers(-(10**14), 95 * 10**14), st.sampled_from([0, 3, 6]), st.data())
def test_times_in_utc_are_read_as_those_of_a_zone_without_an_offset(
    microseconds: int, digits: int, data: st.DataObject
) -> None:
    moment = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=microseconds)
    text = f"{moment:%Y-%m-%dT%H:%M:%S.%f}"[: 19 + digits + (digits > 0)]
    if data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(text) - 1))
        text = text[:at] + data.draw(st.sampled_from("0123456789:-.,TW ")) + text[at + 1 :]
    utc, zero = (time_of_value(text + zone, Clock(zone_of("Asia/Kolkata"), NOW)) for zone in ("Z", "+00:00"))
    assert utc == zero


@pytest.mark.parametrize(
    ("fields", "utc"),
    [
        ({"t": {"$date": "2026-11-20T14:45:12.123+01:00"}}, "2026-11-20T13:45:12"),
        ({"instant": {"epochSecond": 1795182312, "nanoOfSecond": 123}}, "2026-11-20T13:45:12"),
        ({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"timeUnixNano": "1795182312123456000"}]}]}]}, "2026-11-20T13:45:12"),
        ({"date": "2026-11-20", "time": "13:45:12"}, "2026-11-20T13:45:12"),
        ({"__REALTIME_TIMESTAMP": "1795182312123456"}, "2026-11-20T13:45:12"),
        ({"time": "20/Nov/2026:14:45:12 +0100"}, "2026-11-20T13:45:12"),
        ({"msg": "audit(1795182312.123:24287):", "type": "SYSCALL"}, "2026-11-20T13:45:12"),
        ({"ID": "1795182312.123:24287"}, "2026-11-20T13:45:12"),
        ({"ID": "1795182312"}, ""),
        ({"date": "2031-06-01T00:00:00Z"}, ""),
        ({"date": "2026-06-01"}, ""),
        ({"time": 812.5}, ""),
        ({"time": "00:00:12"}, ""),
        ({"t": [], "time": {}, "instant": {"epochSecond": "x"}}, ""),
    ],
)  # fmt: skip
def test_a_time_among_fields(fields: dict[str, object], utc: str) -> None:
    time = take_time(fields, Clock(UTC_ZONE, NOW))
    assert (datetime.fromtimestamp(time // 10**9, UTC).isoformat()[:19] if time else "") == utc


@pytest.mark.parametrize(
    ("line", "settled"),
    [
        ("2026-11-30T12:00:00Z", "2026-11-30T12:00:00Z"),
        ("2026-11-30T11:59:58Z", "2026-11-30T11:59:58Z"),
        ("2026-11-30T13:00:00Z", "2026-11-30T12:00:00Z"),  # it is in Berlin and doesn't say so
        ("2026-11-30T06:59:59Z", "2026-11-30T11:59:59Z"),  # in New York
        ("2026-11-30T11:20:00Z", "2026-11-30T11:20:00Z"),  # it was held back
        ("2031-01-01T00:00:00Z", "2026-11-30T12:00:00Z"),  # a date it speaks of
    ],
)
def test_between_a_line_and_its_runtime(line: str, settled: str) -> None:
    assert settle(nanos(line), NOW) == nanos(settled)
    assert settle(0, NOW) == settle(NOW, 0) == NOW


@pytest.mark.parametrize(("zone", "read_as_utc"), [("America/New_York", True), ("Europe/Berlin", False)])
def test_a_zone_that_is_a_guess_gives_way_to_utc_where_times_would_be_yet_to_come(zone: str, read_as_utc: bool) -> None:
    clock = Clock(zone_of(zone), NOW, or_utc=True)
    time, _ = time_and_end(b"2026-11-30 11:59:58 INFO x", clock)
    assert (time == NOW - 2 * 10**9) == read_as_utc
    time, _ = time_and_end(b"2026-11-30 02:00:00 INFO an hour that would be possible in New York as well", clock)
    assert (time == NOW - 36_000 * 10**9) == read_as_utc


def test_a_zone_that_is_given_does_not() -> None:
    time, _ = time_and_end(b"2026-11-30 11:59:58 INFO x", Clock(zone_of("America/New_York"), NOW))
    assert time == NOW + (5 * 3600 - 2) * 10**9


def test_a_time_of_day_in_a_backlog_goes_on_from_the_record_before() -> None:
    clock = Clock(UTC_ZONE, NOW)
    clock.backlog, times = True, []
    for line in (
        b"#Date: 2026-05-02 17:42:15",
        b"17:42:16 10.0.0.1 GET /",
        b"23:59:59 10.0.0.1 GET /",
        b"00:00:01 10.0.0.1 GET /",
    ):
        clock.last, _ = time_and_end(line, clock)
        times.append(datetime.fromtimestamp(clock.last / 1e9, UTC).isoformat()[:19])
    assert times == ["2026-05-02T17:42:15", "2026-05-02T17:42:16", "2026-05-02T23:59:59", "2026-05-03T00:00:01"]


def test_a_machine_without_zones_of_its_own_knows_them() -> None:
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()
    zone_of.cache_clear()
    try:
        assert found("2026-11-20 19:15:12 INFO x", "Asia/Kolkata") == "2026-11-20T13:45:12"
    finally:
        zoneinfo.reset_tzpath()
        zone_of.cache_clear()


@pytest.mark.parametrize(
    "line",
    [
        "[2026-11-20 13:45:12,123: ERROR/MainProcess] x",
        "[2026-11-20T13:45:12,123][WARN ][o.e.x] [node] x",
        "2026-11-20 13:45:12.12 spid7  Error: 18456, Severity: 14",
        "2026-11-20-14.45.12.123456+060 I1A LEVEL: Error",
        "    2026-11-20T13:45:12.123Z [WARN]  agent: x",
        "Fri 2026-11-20 13:45:12 UTC host app[7]: x",
        "1795182312.123456 host app[7]: error: x",
        "Start-Date: 2026-11-20  13:45:12",
        'owner bucket [20/Nov/2026:13:45:12 +0000] 10.0.0.1 79a5 3E57 REST.GET.OBJECT x "GET /x HTTP/1.1" 200',
        "11/20-13:45:12.123456  [**] [1:1:1] x [**]",
        "[1795182312] SERVICE ALERT: host;svc;CRITICAL;HARD;3;x",
        "[1795182312] unbound[7:0] error: x",
        "11-20 13:45:12.123 E/Tag(  7): x",
        "2026-11-20 14:45:12+01 host installer[7]: x",
        "[2026.11.20-13.45.12:123][  0]LogX: Error: x",
        "ERROR [2026-11-20 13:45:12] x",
        "[ERROR] [11/20/2026 13:45:12.123] [main] [akka://a] x",
        "[ 2026-11-20 13:45:12.1234 7/7fab age/Cor/Foo.cpp:1 ]: x",
        "Fri, 20 Nov 2026 13:45:12 GMT app:server x",
        "000123: Nov 20 13:45:12.123 UTC: %LINK-3-UPDOWN: x",
        "2026 Nov 20 13:45:12 sw1 %ETHPORT-5-IF_UP: x",
        "nov/20/2026 13:45:12 system,error,critical login failure",
        "20-NOV-26 01.45.12.123456 PM x",
        "Nov 20, 2026 1:45:12 PM a.B c",
        "####<Nov 20, 2026 1:45:12,123 PM UTC> <Error> <x> <BEA-1> <x>",
        "[11/20/26 13:45:12:123 UTC] 00000001 Foo E x",
        "2026-11-20T13:45:12,123 | ERROR | main | x | x",
        "[2026/11/20 13:45:12.123456,  0] ../source3/x.c:1(f)",
        "E [20/Nov/2026:13:45:12 +0000] x",
        "2026/11/20 13:45:12.1234567 700   480   Agent           x",
        "20.11.2026 13:45:12 x",
        "1795182312.123456 IP 10.0.0.1.5 > 10.0.0.2.80: Flags [S]",
        "Nov 20, 2026 13:45:12.123456000 UTC x",
        "Fri Nov 20 13:45:12 2026 -> x",
        "1795182312123 ERROR x",
        "2026-11-20;13:45:12;ERROR;x",
        "'2026-11-20 13:45:12' ERROR x",
        "Nov 20 2026 01:45:12PM ERROR x",
        "Friday, November 20, 2026 1:45:12 PM ERROR x",
        "20 novembre 2026 13:45:12 x",
        "2026-11-20T134512Z x",
    ],
)
def test_times_as_they_are_written_elsewhere(line: str) -> None:
    assert found(line) == "2026-11-20T13:45:12"


def test_what_was_remembered_in_another_order_of_days_is_forgotten() -> None:
    clock = Clock(UTC_ZONE, NOW)
    days = [time_and_end(f"{day}/2026 10:00:00 x".encode(), clock)[0] for day in ("05/04", "25/04", "05/04")]
    assert [datetime.fromtimestamp(day / 1e9, UTC).month for day in days] == [5, 4, 4]
