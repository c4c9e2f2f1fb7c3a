"""Elasticsearch's bulk: what documents say, and what each is answered."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmesh.producer.receivers.http.elasticsearch.bulk import Bulk, read_bulk, read_one
from logmesh.producer.receivers.http.refusals import TooLarge
from logmesh.producer.receivers.limits import MOST_RECORDS
from logmesh.producer.receivers.received import RequestRefused

_NOW = 1_790_000_000_000_000_000
_AT = "2026-09-01T10:00:00.125Z"
_NANOS = 1_788_256_800_125_000_000


def _bulk(*documents: Any, action: str = '{"create":{"_index":"logs"}}', index: str = "") -> Bulk:
    lines = [
        line
        for document in documents
        for line in (action, document if isinstance(document, str) else json.dumps(document))
    ]
    return read_bulk(("\n".join(lines) + "\n").encode(), index, _NOW)


def _one(document: dict[str, Any]) -> dict[str, Any]:
    chunk = _bulk(document).chunk
    return {
        "body": chunk.bodies[0].decode(),
        "time": chunk.times[0],
        "severity": chunk.severities[0],
        "attributes": json.loads(chunk.attributes[0] or b"{}"),
        "trace": chunk.trace_ids[0].hex(),
        "span": chunk.span_ids[0].hex(),
        "service": chunk.origins[0].service_name.decode(),
        "instance": chunk.origins[0].service_instance_id.decode(),
        "resource": json.loads(chunk.origins[0].resource_attributes or b"{}"),
    }


def test_a_document_of_filebeat() -> None:
    one = _one(
        {
            "@timestamp": _AT,
            "message": "2026-09-01 10:00:00,100 ERROR shop - no such order",
            "log": {"file": {"path": "/var/log/shop.log"}, "offset": 120},
            "input": {"type": "filestream"},
            "agent": {"name": "web-1", "type": "filebeat", "version": "8.9.0"},
            "host": {"name": "web-1"},
            "service": {"name": "shop"},
            "ecs": {"version": "8.0.0"},
        }
    )
    assert one["body"] == "2026-09-01 10:00:00,100 ERROR shop - no such order"
    assert (one["time"], one["severity"], one["service"], one["instance"]) == (_NANOS, 17, "shop", "web-1")
    assert one["attributes"] == {
        "input": {"type": "filestream"},
        "log": {"file": {"path": "/var/log/shop.log"}, "offset": 120},
    }
    assert one["resource"] == {
        "agent.name": "web-1", "agent.type": "filebeat", "agent.version": "8.9.0", "ecs.version": "8.0.0",
        "elasticsearch.index": "logs", "host.name": "web-1", "service.name": "shop",
    }  # fmt: skip


def test_a_bulk_is_told_by_what_it_says_and_not_by_the_order_of_fields() -> None:
    first, second = {"@timestamp": _AT, "message": "one", "host": {"name": "a", "os": 1}}, {"@timestamp": _AT, "n": 1}
    turned = {"host": {"os": 1, "name": "a"}, "message": "one", "@timestamp": _AT}
    identity = _bulk(first, second).identity
    assert identity and _bulk(turned, second).identity == identity
    others = [
        _bulk(second, first),
        _bulk(first),
        _bulk(first, second, second),
        _bulk(first, second | {"n": 1.0}),
        _bulk(first, second, "{broken"),
        _bulk(first, second, action='{"index":{"_index":"logs"}}'),
        _bulk(first, second, action='{"create":{"_index":"other"}}'),
        _bulk(first, second, action='{"create":{"_index":"logs","_id":"1"}}'),
    ]
    assert len({identity, *(one.identity for one in others)}) == 1 + len(others)


def test_a_document_of_fluent_bit() -> None:
    one = _one(
        {
            "@timestamp": _AT,
            "log": '{"level":"warn","order":7}',
            "stream": "stdout",
            "kubernetes": {"pod_name": "shop-1", "container_name": "web", "labels": {"app": "shop"}},
        }
    )
    assert (one["body"], one["severity"]) == ('{"level":"warn","order":7}', 13)
    assert one["attributes"] == {"stream": "stdout", "order": 7}
    assert (one["service"], one["instance"]) == ("shop", "shop-1")


@pytest.mark.parametrize(
    "said",
    [
        {
            "log": {"level": "error"},
            "trace": {"id": "0af7651916cd43dd8448eb211c80319c"},
            "span": {"id": "b7ad6b7169203331"},
        },
        {"log.level": "error", "trace.id": "0af7651916cd43dd8448eb211c80319c", "span.id": "b7ad6b7169203331"},
        {"level": "error", "trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331"},
    ],
)
def test_level_and_trace_are_found_nested_and_with_dots(said: dict[str, Any]) -> None:
    one = _one({"@timestamp": _AT, "message": "INFO up", **said})
    assert (one["severity"], one["trace"], one["span"]) == (17, "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")


def test_what_a_document_says_stands_before_what_its_message_does() -> None:
    one = _one({"@timestamp": _AT, "level": "debug", "order": 1, "message": '{"level":"error","order":2,"user":"x"}'})
    assert (one["severity"], one["attributes"]) == (5, {"order": 1, "user": "x"})


def test_a_document_without_a_message_is_the_body_itself() -> None:
    one = _one({"@timestamp": _AT, "order": 7})
    assert (json.loads(one["body"]), one["attributes"]) == ({"@timestamp": _AT, "order": 7}, {"order": 7})


def test_more_fields_than_a_record_has_are_in_the_body() -> None:
    fields = {f"f{n}": n for n in range(200)}
    one = _one({"@timestamp": _AT, "message": "ERROR no", **fields})
    assert json.loads(one["body"])["message"] == "ERROR no"
    assert (one["severity"], one["attributes"]) == (17, {"logmesh.attributes_omitted": True})


@pytest.mark.parametrize("host", [{f"f{n}": n for n in range(200)}, {"name": "x" * 100_000}])
def test_a_resource_that_is_too_much_is_in_the_body(host: dict[str, Any]) -> None:
    one = _one({"@timestamp": _AT, "message": "ERROR no", "host": host, "service": {"name": "shop"}, "order": 7})
    assert json.loads(one["body"])["host"] == host
    assert (one["service"], one["attributes"], one["resource"]) == (
        "shop",
        {"order": 7},
        {"elasticsearch.index": "logs"},
    )


def test_the_service_is_named_by_the_index_where_nothing_else_names_it() -> None:
    names = {
        "logstash-2026.09.01": "logstash",
        "shop": "shop",
        "app-2026-09": "app",
        "filebeat-8.9.0-2026.09.01-000001": "filebeat-8.9.0",
    }
    for index, service in names.items():
        received = _bulk({"message": "up"}, action=json.dumps({"index": {"_index": index}}))
        assert received.chunk.origins[0].service_name.decode() == service


def test_items_answer_one_by_one() -> None:
    body = b"\n".join(
        [
            b'{"index":{"_index":"a","_id":"7"}}', b'{"message":"one"}',
            b'{"create":{}}', b"{not json",
            b'{"update":{"_id":"1"}}', b'{"doc":{}}',
            b'{"delete":{"_id":"1"}}',
            b'{"create":{"_index":"b"}}', b"[1]",
            b"", b'{"create":null}', b'{"message":"two"}',
        ]
    )  # fmt: skip
    bulk = read_bulk(body, "path", _NOW)
    items = [next(iter(json.loads(item).items())) for item in bulk.items]
    assert [(action, item["_index"], item["status"]) for action, item in items] == [
        ("index", "a", 201), ("create", "path", 400), ("update", "path", 400), ("delete", "path", 400), ("create", "b", 400),
        ("create", "path", 201),
    ]  # fmt: skip
    assert items[0][1]["_id"] == "7"
    assert all(item["error"]["reason"] for _, item in items if item["status"] == 400)
    assert bulk.chunk.bodies == [b"one", b"two"]
    assert [place for place, _ in bulk.refused] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "body",
    [
        b"rubbish\n{}\n", b"{}\n{}\n", b'{"create":{}}\n', b'{"create":{},"index":{}}\n{}\n', b'{"search":{}}\n{}\n',
        b'{"create":[]}\n{}\n', b'{"create":{"_index":[]}}\n{}\n', b'{"create":{"_id":"%b"}}\n{}\n' % (b"x" * 513), b"[]\n{}\n",
    ],
)  # fmt: skip
def test_a_malformed_action_refuses_all_of_the_bulk(body: bytes) -> None:
    with pytest.raises(RequestRefused):
        read_bulk(body, "", _NOW)


def test_requests_are_told_apart_where_every_document_has_a_time() -> None:
    assert _bulk({"@timestamp": _AT}, {"@timestamp": "2026-09-01T10:00:00Z"}).told_apart
    assert not _bulk({"@timestamp": _AT}, {"message": "up"}).told_apart
    assert not _bulk({"@timestamp": "2026-09-01T10:00:00Z"}).told_apart


def test_more_documents_than_a_request_may_have_are_refused() -> None:
    body = b'{"create":{}}\n{}\n' * (MOST_RECORDS + 1)
    with pytest.raises(TooLarge):
        read_bulk(body, "", _NOW)


def test_a_document_alone() -> None:
    received = read_one(b'{\n "message": "up"\n}', "logs", "7", _NOW)
    assert received.chunk.bodies == [b"up"]
    assert json.loads(received.chunk.attributes[0]) == {"elasticsearch.id": "7"}
    for body in (b"", b"[]", b"{", b"7"):
        with pytest.raises(RequestRefused):
            read_one(body, "logs", "", _NOW)


@given(body=st.binary(max_size=300))
def test_no_bytes_do_anything_but_be_read_or_refused(body: bytes) -> None:
    for whole in (body, b'{"create":{}}\n' + body):
        with contextlib.suppress(RequestRefused):
            read_bulk(whole, "", _NOW)


_NAMES = st.sampled_from(
    [
        "@timestamp",
        "message",
        "log",
        "level",
        "log.level",
        "trace",
        "trace.id",
        "service",
        "host",
        "kubernetes",
        "agent.name",
        "x",
    ]
)
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text('a"\\é\0\n', max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(_NAMES | st.sampled_from(["name", "id", "level"]), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(document=st.dictionaries(_NAMES, _JSON, max_size=6))
def test_any_document_is_a_record_with_what_fits_in_it(document: dict[str, Any]) -> None:
    received = _bulk(document)
    assert len(received.chunk) == 1 and not received.refused
    json.loads(received.chunk.attributes[0] or b"{}")
    json.loads(received.chunk.origins[0].resource_attributes)
