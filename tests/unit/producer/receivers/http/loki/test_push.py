"""Loki's push, in protobuf and in JSON: the same records of both."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmesh.producer.receivers.http.loki.json_push import read_json
from logmesh.producer.receivers.http.loki.messages import PushRequest, read_message
from logmesh.producer.receivers.http.loki.records import read_streams
from logmesh.producer.receivers.http.refusals import TooLarge
from logmesh.producer.receivers.limits import MOST_RECORDS
from logmesh.producer.receivers.received import Received, RequestRefused

_NOW = 1_790_000_000_000_000_000
_AT = 1_780_000_000_123_456_789

Entry = tuple[int, str, dict[str, str]]


def _in_protobuf(streams: list[tuple[dict[str, str], list[Entry]]]) -> bytes:
    push = PushRequest()
    for labels, entries in streams:
        text = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in labels.items())
        stream = push.streams.add(labels=f"{{{text}}}".encode())
        for time, line, metadata in entries:
            entry = stream.entries.add(line=line.encode())
            entry.timestamp.seconds, entry.timestamp.nanos = divmod(time, 1_000_000_000)
            for name, value in metadata.items():
                entry.metadata.add(name=name.encode(), value=value.encode())
    return bytes(push.SerializeToString())


def _in_json(streams: list[tuple[dict[str, str], list[Entry]]]) -> bytes:
    return json.dumps(
        {
            "streams": [
                {
                    "stream": labels,
                    "values": [
                        [str(time), line, metadata] if metadata else [str(time), line]
                        for time, line, metadata in entries
                    ],
                }
                for labels, entries in streams
            ]
        }
    ).encode()


def _read(streams: list[tuple[dict[str, str], list[Entry]]]) -> Received:
    of_protobuf = read_streams(read_message(_in_protobuf(streams)), _NOW)
    of_json = read_streams(read_json(_in_json(streams)), _NOW)
    assert of_protobuf == of_json
    return of_json


def _one(labels: dict[str, str], line: str = "up", metadata: dict[str, str] | None = None) -> dict[str, Any]:
    chunk = _read([(labels, [(_AT, line, metadata or {})])]).chunk
    return {
        "body": chunk.bodies[0],
        "time": chunk.times[0],
        "severity": chunk.severities[0],
        "text": chunk.severity_texts[0],
        "attributes": json.loads(chunk.attributes[0] or b"{}"),
        "trace": chunk.trace_ids[0].hex(),
        "span": chunk.span_ids[0].hex(),
        "service": chunk.origins[0].service_name,
        "instance": chunk.origins[0].service_instance_id,
        "resource": json.loads(chunk.origins[0].resource_attributes or b"{}"),
    }


def test_labels_say_whose_an_entry_is() -> None:
    one = _one({"namespace": "prod", "app": "shop", "pod": "shop-1", "instance": "release", "job": "prod/shop"})
    assert (one["service"], one["instance"]) == (b"shop", b"shop-1")
    assert one["resource"] == {
        "namespace": "prod", "app": "shop", "pod": "shop-1", "instance": "release", "job": "prod/shop",
    }  # fmt: skip
    assert (one["body"], one["time"]) == (b"up", _AT)


@pytest.mark.parametrize(
    ("labels", "service", "instance"),
    [
        ({"service_name": "a", "service": "b", "job": "c"}, b"a", b""),
        ({"job": "c", "container": "b", "host": "h"}, b"b", b"h"),
        ({"job": "c", "instance": "10.0.0.1:80"}, b"c", b"10.0.0.1:80"),
        ({"service_instance_id": "i", "pod": "p"}, b"", b"i"),
        ({}, b"", b""),
    ],
)
def test_names_are_found_in_lokis_order(labels: dict[str, str], service: bytes, instance: bytes) -> None:
    one = _one(labels)
    assert (one["service"], one["instance"]) == (service, instance)
    assert one["resource"] == {
        key: value for key, value in labels.items() if key not in ("service_name", "service_instance_id")
    }


def test_a_level_is_that_of_metadata_then_of_labels_then_of_the_line() -> None:
    line = "2026-11-30 10:00:00,125 ERROR failed"
    assert _one({}, line)["severity"] == 17
    labelled = _one({"level": "warn"}, line)
    assert (labelled["severity"], labelled["text"], labelled["resource"]) == (13, b"warn", {})
    assert _one({"level": "warn"}, line, {"level": "debug", "n": "1"})["severity"] == 5
    found = _one({}, "up", {"detected_level": "info"})
    assert (found["severity"], found["attributes"]) == (9, {})
    assert _one({}, "up", {"detected_level": "unknown"})["attributes"] == {"detected_level": "unknown"}


def test_metadata_are_attributes_and_ids_of_the_trace() -> None:
    trace, span = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    one = _one({}, '{"user":"line","msg":"x"}', {"trace_id": trace, "span_id": span, "user": "sent", "order": "7"})
    assert (one["trace"], one["span"]) == (trace, span)
    assert one["attributes"] == {"user": "sent", "order": "7", "msg": "x"}


def test_the_fields_of_a_line_are_attributes_and_its_time_is_not_the_entrys() -> None:
    one = _one({"app": "shop"}, '{"time":"2020-01-01T00:00:00Z","level":"error","msg":"no","order":7}')
    assert (one["time"], one["severity"], one["attributes"]) == (_AT, 17, {"msg": "no", "order": 7})


def test_entries_are_records_one_by_one_with_their_line_ends() -> None:
    entries: list[Entry] = [(_AT + n, text, {}) for n, text in enumerate(["ERROR a\n\tat b", "\tat c", ""])]
    received = _read([({"app": "a"}, entries), ({"app": "b"}, entries)])
    assert received.chunk.bodies == [b"ERROR a\n\tat b", b"\tat c", b""] * 2
    assert [origin.service_name for origin in received.chunk.origins] == [b"a"] * 3 + [b"b"] * 3
    assert received.told_apart


def test_a_time_that_is_none_is_unknown() -> None:
    for time in (0, -5, 1 << 63):
        received = read_streams(read_json(_in_json([({}, [(time, "up", {})])])), _NOW)
        assert received.chunk.times == [0] and not received.told_apart
    vast = PushRequest()
    vast.streams.add(labels=b"{}").entries.add(line=b"up").timestamp.seconds = 1 << 62
    assert read_streams(read_message(vast.SerializeToString()), _NOW).chunk.times == [0]


def test_bytes_that_are_no_text_cost_nobody_else_a_thing() -> None:
    push = PushRequest()
    stream = push.streams.add(labels=b'{app="\xff"}')
    entry = stream.entries.add(line=b"\xff\xfe")
    entry.timestamp.seconds = 1_780_000_000
    entry.metadata.add(name=b"\xff", value=b"\xfe")
    chunk = read_streams(read_message(push.SerializeToString()), _NOW).chunk
    assert chunk.bodies == [b"\xff\xfe"] and chunk.origins[0].service_name == "\ufffd".encode()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{}", b'{"streams":{}}', b'{"streams":[7]}', b'{"streams":[{"stream":[],"values":[]}]}',
        b'{"streams":[{"stream":{"a":1},"values":[]}]}', b'{"streams":[{"stream":{},"values":[["1"]]}]}',
        b'{"streams":[{"stream":{},"values":[["x","l"]]}]}', b'{"streams":[{"stream":{},"values":[["1",2]]}]}',
        b'{"streams":[{"stream":{},"values":[["1","l",7]]}]}', b'{"streams":[{"stream":{},"values":[[1e999,"l"]]}]}',
    ],
)  # fmt: skip
def test_json_of_another_shape_is_refused(body: bytes) -> None:
    with pytest.raises(RequestRefused):
        read_streams(read_json(body), _NOW)


def test_too_many_entries_and_labels_are_refused() -> None:
    push = PushRequest()
    push.streams.add(labels=b"{}").entries.add(line=b"x")
    stream = push.streams.add(labels=b"{}")
    for _ in range(MOST_RECORDS):
        stream.entries.add(line=b"x")
    with pytest.raises(TooLarge):
        read_streams(read_message(push.SerializeToString()), _NOW)
    with pytest.raises(RequestRefused, match="labels"):
        _read([({f"l{n}": "x" for n in range(121)}, [])])


@given(body=st.binary(max_size=300))
def test_no_bytes_do_anything_but_be_read_or_refused(body: bytes) -> None:
    for read in (read_message, read_json):
        with contextlib.suppress(RequestRefused):
            read_streams(read(body), _NOW)


_TEXT = st.text(st.characters(codec="utf-8"), max_size=30)


@given(
    streams=st.lists(
        st.tuples(
            st.dictionaries(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), _TEXT, max_size=4),
            st.lists(
                st.tuples(st.integers(1, (1 << 63) - 1), _TEXT, st.dictionaries(_TEXT, _TEXT, max_size=3)), max_size=3
            ),
        ),
        max_size=3,
    )
)
def test_any_push_is_read_the_same_in_both_shapes(streams: list[tuple[dict[str, str], list[Entry]]]) -> None:
    received = _read(streams)
    assert received.chunk.bodies == [line.encode() for _, entries in streams for _, line, _ in entries]
    assert received.chunk.times == [time for _, entries in streams for time, _, _ in entries]
