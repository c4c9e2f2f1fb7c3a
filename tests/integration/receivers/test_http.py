"""What comes over HTTP, from a real sender's request to rows in the database."""

import asyncio
import gzip
import json
import random
import time
from pathlib import Path
from typing import Any

import aiohttp
import cramjam
from tests.integration.processor.running import RunningProcessor
from tests.integration.receivers.running import RunningReceiver, running_receiver

from logmesh.producer.receivers.http.loki.messages import PushRequest
from logmesh.producer.receivers.limits import MOST_BODY_BYTES

_SECOND = 1_000_000_000
_STORED = (
    "SELECT l.body, l.severity, l.service, l.attributes, l.trace_id,"
    " o.instance, o.resource FROM logmesh.logs l JOIN logmesh.origins o USING (origin)"
    " ORDER BY l.time, l.ns, l.position"
)


async def _curl(*arguments: str) -> tuple[int, str]:
    """The status and the body that a real curl was answered."""
    curl = await asyncio.create_subprocess_exec(
        "curl", "-sS", "-m", "20", "-w", "\n%{http_code}", *arguments, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await curl.communicate()
    body, _, status = output.decode().rpartition("\n")
    return int(status), body


def _just_now(milliseconds: int) -> str:
    """A time within the last hour, to the millisecond, in UTC."""
    seconds = time.time() // 3600 * 3600 - 1_800
    return (
        time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds + milliseconds // 1000)) + f".{milliseconds % 1000:03d}"
    )


async def test_curl_sends_a_file_of_lines_twice_and_it_is_stored_once(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    lines = [f"{_just_now(n)}Z INFO [main] shop - order {n}" for n in range(1, 500)]
    trace = (
        f"{_just_now(500)}Z ERROR [main] shop - no\njava.lang.IllegalStateException: no\n\tat shop.Pay.run(Pay.java:7)"
    )
    log = tmp_path / "app.log"
    log.write_text("\n".join([*lines, trace]))
    async with running_receiver(processor.target, tmp_path) as receiver:
        url = f"{receiver.http}/lines?service=shop&instance=web-1&resource.team=a"
        for how in ("--data-binary", f"@{log}"), ("-T", str(log)), ("--data-binary", f"@{log}"):
            assert await _curl(*how, url) == (200, '{"accepted": 500}')
        await receiver.all_committed()
    rows = await processor.query(_STORED)
    assert [row["body"] for row in rows] == [*lines, trace]
    assert {row["severity"] for row in rows} == {9, 17}
    assert {(row["service"], row["instance"], row["resource"]) for row in rows} == {("shop", "web-1", '{"team": "a"}')}


async def test_lines_without_times_may_be_meant_twice(processor: RunningProcessor, tmp_path: Path) -> None:
    async with running_receiver(processor.target, tmp_path) as receiver:
        for _ in range(2):
            assert (await _curl("-d", "up", f"{receiver.http}/lines"))[0] == 200
        await receiver.all_committed()
    assert await processor.bodies() == ["up", "up"]


def _push(first: int, count: int) -> bytes:
    push = PushRequest()
    stream = push.streams.add(labels=b'{namespace="prod", app="shop", pod="shop-1"}')
    for n in range(first, first + count):
        entry = stream.entries.add(line=b'level=warn msg="order %d" order=%d' % (n, n))
        entry.timestamp.seconds, entry.timestamp.nanos = int(time.time()) // 3600 * 3600 - 1_800, n
        entry.metadata.add(name=b"trace_id", value=b"%032x" % (n + 1))
        entry.metadata.add(name=b"user", value=b"u%d" % n)
    return bytes(cramjam.snappy.compress_raw(push.SerializeToString()))


async def test_lokis_push_is_stored_once_whichever_receiver_it_is_repeated_to(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    async with (
        running_receiver(processor.target, tmp_path, "log-receiver-0") as one,
        running_receiver(processor.target, tmp_path, "log-receiver-1") as other,
        aiohttp.ClientSession(headers={"Content-Type": "application/x-protobuf"}) as session,
    ):
        for at in range(10):
            for receiver in (one, other, one):
                async with session.post(f"{receiver.http}/loki/api/v1/push", data=_push(10 * at, 10)) as answer:
                    assert (answer.status, await answer.read()) == (204, b"")
        await one.all_committed()
        await other.all_committed()
    rows = await processor.query(_STORED)
    assert [row["body"] for row in rows] == [f'level=warn msg="order {n}" order={n}' for n in range(100)]
    row = rows[7]
    assert (row["severity"], row["service"], row["instance"], row["trace_id"].int) == (13, "shop", "shop-1", 8)
    assert json.loads(row["attributes"]) == {"user": "u7", "msg": "order 7", "order": 7}
    assert json.loads(row["resource"]) == {"namespace": "prod", "app": "shop", "pod": "shop-1"}


async def test_a_bulk_whose_fields_come_in_any_order_is_stored_once(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    """As Filebeat repeats it; else as Fluent Bit sends it."""
    documents = [
        {"@timestamp": f"{_just_now(n + 1)}Z", "log": f"INFO order {n}", "stream": "stdout", "order": n}
        for n in range(50)
    ]

    def body() -> bytes:
        lines: list[str] = []
        for document in documents:
            shuffled = dict(random.sample(list(document.items()), len(document)))
            lines += ['{"create":{"_index":"fluent-bit"}}', json.dumps(shuffled)]
        lines += ['{"create":{"_index":"fluent-bit"}}', "{broken"]
        return gzip.compress(("\n".join(lines) + "\n").encode())

    headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
    async with (
        running_receiver(processor.target, tmp_path) as receiver,
        aiohttp.ClientSession(headers=headers) as session,
    ):
        for _ in range(3):
            async with session.post(f"{receiver.http}/_bulk", data=body()) as answer:
                assert (answer.status, answer.headers["X-Elastic-Product"]) == (200, "Elasticsearch")
                said = await answer.json()
        assert said["errors"] is True
        assert [item["create"]["status"] for item in said["items"]] == [201] * 50 + [400]
        await receiver.all_committed()
    rows = await processor.query(_STORED)
    assert [row["body"] for row in rows] == [f"INFO order {n}" for n in range(50)]
    assert json.loads(rows[7]["attributes"]) == {"stream": "stdout", "order": 7}
    assert (rows[7]["service"], rows[7]["severity"]) == ("fluent-bit", 9)


async def _answer(receiver: RunningReceiver, method: str, path: str, **how: Any) -> tuple[int, dict[str, str], bytes]:
    async with aiohttp.ClientSession() as session, session.request(method, receiver.http + path, **how) as answer:
        return answer.status, dict(answer.headers), await answer.read()


async def test_agents_are_answered_what_they_ask_before_they_send(processor: RunningProcessor, tmp_path: Path) -> None:
    async with running_receiver(processor.target, tmp_path) as receiver:
        for method, path in (
            ("GET", "/"), ("HEAD", "/"), ("GET", "/_license"), ("GET", "/_xpack"), ("GET", "/_cluster/health"),
            ("GET", "/_nodes/http"), ("GET", "/_ilm/policy/filebeat"), ("PUT", "/_ilm/policy/filebeat"),
            ("HEAD", "/_alias/filebeat-7.17.29"), ("HEAD", "/_index_template/ecs-logstash"),
            ("PUT", "/_index_template/ecs-logstash"), ("GET", "/_template/logstash"),
            ("PUT", "/_ingest/pipeline/filebeat-8"), ("PUT", "/_data_stream/filebeat-8"),
        ):  # fmt: skip
            status, headers, body = await _answer(receiver, method, path)
            assert (status, headers["X-Elastic-Product"]) == (200, "Elasticsearch"), path
            assert method == "HEAD" or isinstance(json.loads(body), dict)
        status, _, body = await _answer(receiver, "GET", "/")
        assert json.loads(body)["version"]["number"].startswith("8.")
        assert (await _answer(receiver, "GET", "/ready"))[0] == 200
        status, _, body = await _answer(receiver, "POST", "/logs/_doc/7", json={"message": "alone"})
        assert (status, json.loads(body)["_id"], json.loads(body)["result"]) == (201, "7", "created")
        await receiver.all_committed()
    assert await processor.bodies() == ["alone"]


async def test_refusals_say_why_each_in_its_protocols_shape(processor: RunningProcessor, tmp_path: Path) -> None:
    async with running_receiver(processor.target, tmp_path) as receiver:
        bomb = gzip.compress(bytes(MOST_BODY_BYTES + 1))
        packed = {"Content-Encoding": "gzip"}
        for path in ("/lines", "/loki/api/v1/push", "/_bulk", "/logs/_doc"):
            for status, how in (
                (413, {"data": bomb, "headers": packed}),
                (413, {"data": bytes(MOST_BODY_BYTES + 1)}),
                (400, {"data": b"no gzip", "headers": packed}),
                (415, {"data": b"x", "headers": {"Content-Encoding": "gzip, gzip"}}),
                (415, {"data": b"x", "headers": {"Content-Encoding": "br"}}),
            ):
                answered, headers, body = await _answer(receiver, "POST", path, **how)
                assert answered == status, (path, status, body)
                if path.startswith("/loki"):
                    assert headers["Content-Type"].startswith("text/plain") and body
                elif path == "/lines":
                    assert json.loads(body)["error"]
                else:
                    error = json.loads(body)
                    assert error["status"] == status and error["error"]["reason"] and error["error"]["root_cause"]
        status, _, body = await _answer(receiver, "POST", "/line")
        assert status == 404 and b"/loki/api/v1/push" in body
        status, headers, body = await _answer(receiver, "DELETE", "/lines")
        assert (status, headers["Allow"]) == (405, "POST, PUT")
        status, _, body = await _answer(receiver, "GET", "/_search")
        assert status == 404 and json.loads(body)["status"] == 404
        assert (await _answer(receiver, "POST", "/lines", data=b"up"))[0] == 200
