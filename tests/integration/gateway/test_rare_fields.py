"""What few records say comes back from the store, a tail and the cache of traces as it was sent; the others have nothing of it."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.json_format import MessageToDict
from tests.conftest import Database
from tests.integration.gateway.running import running_gateway
from tests.integration.gateway.test_tail_command import command, line_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import RunningProcessor, running_processor

from logmesh.record.columns import columns_from_records
from logmesh.record.values import set_value, set_values
from logmesh.v1.query_service_pb2 import SearchRequest
from logmesh.v1.query_service_pb2_grpc import QueryServiceStub
from logmesh.v1.record_pb2 import LogRecord

SECOND = 10**9


@pytest.fixture
async def processor(database: Database, tmp_path: Path) -> AsyncIterator[RunningProcessor]:
    """A processor on a fresh database."""
    async with running_processor(ServerStore(database.server, database.name), tmp_path) as running:
        yield running


def rich(now: int) -> LogRecord:
    """A record that says all that a record can."""
    record = LogRecord(
        time_unix_nano=now,
        observed_time_unix_nano=now + SECOND,
        event_name="order.placed",
        flags=1,
        dropped_attributes_count=3,
    )
    set_value(record.structured_body, {"order": 2**60, "raw": b"\0", "items": [1, 1.0, None]})
    record.resource.service_name, record.resource.schema_url = "checkout", "https://schemas.test/1"
    record.resource.dropped_attributes_count = 1
    record.scope.name, record.scope.schema_url = "shop.payment", "https://schemas.test/2"
    set_values(record.scope.attributes, {"big": 2**60})
    record.scope.dropped_attributes_count = 2
    return record


async def test_it_comes_back_as_it_was_sent(processor: RunningProcessor) -> None:
    now = (await processor.query("SELECT (extract(epoch FROM now()) * 1000000)::bigint * 1000 AS now"))[0]["now"]
    plain = LogRecord(time_unix_nano=now, observed_time_unix_nano=now, body="plain")
    stream = processor.stream()
    await stream.hello()
    async with running_gateway(processor.database.reader_dsn, processor.target) as gateway:
        async with command("tail", "body:o OR body:p", "--gateway", gateway) as tail:
            await processor.until_followed()
            await stream.send_columns(1, columns_from_records([rich(now), plain], now))
            tailed = [await line_of(tail), await line_of(tail)]
        await stream.until_committed(1)
        async with grpc.aio.insecure_channel(gateway) as channel:
            answers = [answer async for answer in QueryServiceStub(channel).Search(SearchRequest())]
        found = {record.event_name: record for answer in answers for record in answer.rows.records}
        async with command("search", "", "--gateway", gateway) as search:
            assert sorted([await line_of(search), await line_of(search)]) == sorted(tailed)
    sent, stored = rich(now), found["order.placed"]
    sent.id, sent.body = stored.id, '{"items":[1,1.0,null],"order":1152921504606846976,"raw":{"logmesh.bytes":"AA=="}}'
    assert MessageToDict(stored) == MessageToDict(sent)
    assert (found[""].body, found[""].observed_time_unix_nano) == ("plain", 0)
    shown = next(line for line in map(json.loads, tailed) if "event_name" in line)
    assert shown["structured_body"] == json.loads(stored.body)
    assert (shown["flags"], shown["scope_attributes"]) == (1, {"big": 2**60})
    extras = await processor.query("SELECT extra FROM logmesh.logs WHERE body = 'plain'")
    assert [row["extra"] for row in extras] == [None]
