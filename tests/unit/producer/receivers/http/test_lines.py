"""Lines that are posted: read as a file's, whose they are as the request says."""

import contextlib
import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmesh.producer.receivers.http.lines import Whose, read_lines, whose
from logmesh.producer.receivers.http.refusals import TooLarge, UnknownMediaType
from logmesh.producer.receivers.limits import MOST_RECORDS
from logmesh.producer.receivers.received import Received, RequestRefused
from logmesh.producer.timestamps.zones import UTC_ZONE
from logmesh.record.columns import OriginKey

_NOW = time.time_ns()
_ANYBODY = whose({}, {}, UTC_ZONE)


def _read(body: bytes, media_type: str = "", of: Whose = _ANYBODY, charset: str = "") -> Received:
    return read_lines(body, media_type, charset, of, _NOW)


def _nanos(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000) * 1_000_000


def test_plain_lines_say_time_and_level_and_a_trace_is_one_record() -> None:
    trace = '2026-11-30 10:00:01,250 ERROR failed\nTraceback (most recent call last):\n  File "a.py", line 1\nValueError: no'
    received = _read(f"2026-11-30 10:00:00,125 INFO up\n{trace}\n".encode())
    chunk = received.chunk
    assert chunk.bodies == [b"2026-11-30 10:00:00,125 INFO up", trace.encode()]
    assert chunk.times == [_nanos("2026-11-30T10:00:00.125"), _nanos("2026-11-30T10:00:01.250")]
    assert chunk.severities == [9, 17]
    assert received.told_apart
    assert not received.refused


def test_every_line_is_a_record_without_joining() -> None:
    of = whose({"join": "false"}, {}, UTC_ZONE)
    assert _read(b"ERROR failed\n\tat shop\n\nnext", of=of).chunk.bodies == [b"ERROR failed", b"\tat shop", b"next"]


@pytest.mark.parametrize("media_type", ["application/x-ndjson", "application/json", "text/plain", ""])
def test_json_lines_keep_their_bytes_and_give_their_fields(media_type: str) -> None:
    line = b'{"time":"2026-11-30T10:00:00.5Z", "level":"warn","msg":"low","left":1.50}'
    chunk = _read(line + b"\n" + line, media_type).chunk
    assert chunk.bodies == [line, line]
    assert json.loads(chunk.attributes[0]) == {"msg": "low", "left": 1.5}
    assert chunk.severities == [13, 13]


def test_a_list_and_an_object_over_several_lines_are_records() -> None:
    listed = _read(b' [{"msg": "a", "n": 12345678901234567890123},\n "plain text", 7]', "application/json").chunk
    assert listed.bodies == [b'{"msg":"a","n":12345678901234567890123}', b'"plain text"', b"7"]
    one = _read(b'{\n  "msg": "a",\n  "level": "error"\n}\n', "application/json").chunk
    assert one.bodies == [b'{"msg":"a","level":"error"}'] and one.severities == [17]
    with pytest.raises(RequestRefused, match="not a list in JSON"):
        _read(b'[{"msg": "a"}', "application/json")


def test_a_request_says_whose_its_lines_are() -> None:
    of = whose(
        {"service": "shop", "resource.deployment.environment": "prod"},
        {"Logmesh-Instance": "web-1", "Logmesh-Service": "other", "Logmesh-Resource": "team=a%2Cb, zone=eu"},
        UTC_ZONE,
    )
    origin = _read(b"up", of=of).chunk.origins[0]
    assert origin == OriginKey(b"shop", b"web-1", b'{"deployment.environment":"prod","team":"a,b","zone":"eu"}')


def test_a_zone_is_that_of_times_that_name_none() -> None:
    of = whose({"timezone": "Asia/Tokyo"}, {}, UTC_ZONE)
    assert _read(b"2026-11-30 19:00:00,125 INFO up", of=of).chunk.times == [_nanos("2026-11-30T10:00:00.125")]


def test_requests_are_told_apart_by_times_that_are_finer_than_a_second() -> None:
    assert _read(b"2026-11-30 10:00:00,125 INFO up").told_apart
    assert not _read(b"2026-11-30 10:00:00 INFO up").told_apart
    assert not _read(b"up").told_apart
    assert not _read(b"up\n2026-11-30 10:00:00,125 INFO up").told_apart


@pytest.mark.parametrize(
    ("parameters", "headers"),
    [
        ({"servce": "shop"}, {}),
        ({"join": "maybe"}, {}),
        ({"timezone": "Mars/Olympus"}, {}),
        ({"timezone": "../../etc/passwd"}, {}),
        ({"service": "x" * 256}, {}),
        ({f"resource.{n}": "x" for n in range(129)}, {}),
        ({}, {"Logmesh-Resource": "prod"}),
    ],
)
def test_what_a_request_says_wrongly_is_refused(parameters: dict[str, str], headers: dict[str, str]) -> None:
    with pytest.raises(RequestRefused):
        whose(parameters, headers, UTC_ZONE)


def test_other_types_and_charsets_are_refused() -> None:
    for media_type in ("multipart/form-data", "image/png", "application/xml"):
        with pytest.raises(UnknownMediaType):
            _read(b"x", media_type)
    with pytest.raises(UnknownMediaType):
        _read(b"x", "text/plain", charset="ebcdic")


def test_charsets_become_utf_8() -> None:
    assert _read("größer".encode("latin-1"), "text/plain", charset="ISO-8859-1").chunk.bodies == ["größer".encode()]
    assert _read("größer\n".encode("utf-16"), "text/plain", charset="UTF-16").chunk.bodies == ["größer".encode()]


def test_more_records_than_a_request_may_have_are_refused() -> None:
    of = whose({"join": "0"}, {}, UTC_ZONE)
    with pytest.raises(TooLarge):
        _read(b"x\n" * (MOST_RECORDS + 1), of=of)


def test_a_body_without_lines_has_no_records() -> None:
    assert not len(_read(b"\n \n\t\r\n").chunk)
    assert not len(_read(b"", "application/json").chunk)
    assert not len(_read(b"[]", "application/json").chunk)


@given(body=st.binary(max_size=300), media_type=st.sampled_from(["", "application/json", "application/x-ndjson"]))
def test_no_body_does_anything_but_be_read_or_refused(body: bytes, media_type: str) -> None:
    try:
        chunk = _read(body, media_type).chunk
    except RequestRefused:
        return
    assert len(chunk.times) == len(chunk.bodies) == len(chunk.attributes)


def test_a_list_of_too_many_is_refused_before_lines_are_made_of_it() -> None:
    body = b"[" + b"1," * 2_000_000 + b"1]"
    began = time.process_time()
    with pytest.raises(TooLarge):
        _read(body, "application/json")
    assert time.process_time() - began < 1


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(value=_JSON)
def test_any_json_is_read_or_refused(value: object) -> None:
    with contextlib.suppress(RequestRefused):
        _read(json.dumps(value).encode(), "application/json")
