"""Values come back as they were sent, from whatever answers: client, search, tail, export."""

import asyncio
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import grpc
import pytest
from tests.conftest import Database
from tests.integration.gateway.running import running_gateway
from tests.integration.gateway.test_tail_command import command, line_of
from tests.integration.processor.append_stream import columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import RunningProcessor, running_processor

from logmesh import AsyncClient
from logmesh.v1.query_service_pb2 import EXPORT_FORMAT_CSV, EXPORT_FORMAT_NDJSON, ExportRequest
from logmesh.v1.query_service_pb2_grpc import QueryServiceStub

TEXT = (
    '{"big":9007199254740993,"bytes":{"logmesh.bytes":"AP8="},"cut":0.1234567890123456789,"deep":{"l":[1,1.0,null,true]},'
    '"huge":123456789012345678901234567890,"least":-9223372036854775808,"one":1.0,"thousand":1e3,"vast":1e400}'
)
VALUES = {
    "big": 9007199254740993,
    "bytes": b"\0\xff",
    "cut": Decimal("0.1234567890123456789"),
    "deep": {"l": [1, 1.0, None, True]},
    "huge": 123456789012345678901234567890,
    "least": -(2**63),
    "one": 1.0,
    "thousand": 1000,
    "vast": 10**400,
}
CANONICAL = TEXT.replace("1e3", "1000").replace("1e400", str(10**400))


@pytest.fixture
async def processor(database: Database, tmp_path: Path) -> AsyncIterator[RunningProcessor]:
    """A processor on a fresh database."""
    async with running_processor(ServerStore(database.server, database.name), tmp_path) as running:
        yield running


async def test_numbers_and_bytes_survive_everywhere(processor: RunningProcessor) -> None:
    stream = processor.stream()
    await stream.hello()
    async with running_gateway(processor.database.reader_dsn, processor.target) as gateway:
        async with command("tail", "attributes.huge >= 1e29", "--gateway", gateway) as tail:
            await processor.until_followed()
            await stream.send_columns(1, columns_of([b"exact"], attributes=[TEXT.encode()]))
            tailed = await line_of(tail)
        await stream.until_committed(1)
        assert f'"attributes":{CANONICAL}' in tailed
        for condition in (
            "attributes.big = 9007199254740993",
            "attributes.huge = 123456789012345678901234567890",
            "attributes.cut = 0.1234567890123456789",
            'attributes.bytes."logmesh.bytes" = "AP8="',
        ):
            async with command("search", condition, "--gateway", gateway) as search:
                assert await line_of(search) == tailed
        async with command("search", "attributes.big = 9007199254740992", "--gateway", gateway) as search:
            assert await line_of(search) == ""
        async with AsyncClient(gateway) as client:
            (record,) = [found async for found in client.search("exact")]
        assert record.attributes == VALUES
        assert {name: type(value) for name, value in record.attributes.items()} == {
            name: type(value) for name, value in VALUES.items()
        }
        assert await exported(gateway, EXPORT_FORMAT_NDJSON) == tailed
        assert CANONICAL.replace('"', '""') in await exported(gateway, EXPORT_FORMAT_CSV)


async def exported(gateway: str, file_format: int) -> str:
    async with grpc.aio.insecure_channel(gateway) as channel:
        request = ExportRequest(filter="exact", format=file_format)  # type: ignore[arg-type]
        return "".join([piece.data.decode() async for piece in QueryServiceStub(channel).Export(request)])


async def test_attributes_that_no_database_takes_are_text_in_a_tail_and_in_a_search(
    processor: RunningProcessor,
) -> None:
    texts = [rb'{"a":"b\u0000c"}', b'{"a":' + b"[" * 254 + b"]" * 254 + b"}", b'{"a":1e200000}']
    texts.append(b'{"a":[' + b"1e131071," * 3_000 + b"1]}")  # 393 MB where it is written out
    stream = processor.stream()
    await stream.hello()
    async with running_gateway(processor.database.reader_dsn, processor.target) as gateway:
        async with command("tail", "odd", "--gateway", gateway) as tail:
            await processor.until_followed()
            await stream.send_columns(1, columns_of([b"odd"] * 5, attributes=[b'{"n":1}', *texts]))
            await stream.until_committed(1)
            tailed = {await line_of(tail) for _ in range(5)}
        kept = [json.loads(line)["attributes"] for line in tailed]
        assert [{"logmesh.attributes_text": text.decode()} in kept for text in texts] == [True] * 4
        assert {"n": 1} in kept
        async with command("search", "odd", "--gateway", gateway) as search:
            assert {await asyncio.wait_for(line_of(search), 20) for _ in range(5)} == tailed
    assert await processor.dead_letters() == []
