"""Proposals on a real database: what the records of the tenant have, with how many have it."""

import asyncio
import time
from collections.abc import AsyncIterator

import asyncpg
import grpc
import pytest
from tests.conftest import Database
from tests.integration.gateway.running import running_gateway
from tests.integration.gateway.stored import make_schema, store_records

from logmesh.gateway import completing
from logmesh.gateway.completing import complete, read_complete_request
from logmesh.gateway.request import to_proto
from logmesh.storage.postgres import open_pool
from logmesh.v1.query_service_pb2 import CompleteRequest, Completion
from logmesh.v1.query_service_pb2_grpc import QueryServiceStub
from logmesh.v1.record_pb2 import SEVERITY_NUMBER_ERROR, SEVERITY_NUMBER_INFO, LogRecord

NOW = time.time_ns()
MINUTE = 60 * 10**9


@pytest.fixture
async def pool(database: Database) -> "AsyncIterator[asyncpg.Pool]":
    """The reader's connections to a database with some records of two tenants in it."""
    await make_schema(database)
    ours = [record("checkout", n % 3 == 0) for n in range(9)] + [record("check in", True), record("cart", True)]
    ours.append(record("ancient", True, age_nano=40 * MINUTE))
    await store_records(database, ours)
    await store_records(database, [record("secret", True)], tenant="acme", spool=2)
    opened = await open_pool(database.reader_dsn, application="test", size=4)
    yield opened
    opened.terminate()


def record(service: str, failed: bool, age_nano: int = 10**9) -> LogRecord:
    made = LogRecord(time_unix_nano=NOW - age_nano, body="x")
    made.severity_number = SEVERITY_NUMBER_ERROR if failed else SEVERITY_NUMBER_INFO
    made.resource.service_name, made.resource.service_instance_id = service, f"{service}-1"
    made.resource.attributes.update({"k8s.pod.name": f"{service}-pod", "deep": {"zone": "b"}})
    made.attributes.update({
        "user_id": "42" if failed else "7", "http": {"status": 503, "ok": False}, "user agent": "curl 8",
        f"{service.split()[0]}_key": 1, "a list": [1],
    })  # fmt: skip
    return made


async def proposed(
    pool: asyncpg.Pool, typed: str, *, tenant: str = "default", age_nano: int = 0, page_size: int = 0
) -> list[Completion]:
    request = CompleteRequest(filter=typed, page_size=page_size)
    if age_nano:
        request.start_time.CopyFrom(to_proto(NOW - age_nano))
    answer = await complete(pool, tenant, read_complete_request(request, NOW + MINUTE))
    return list(answer.completions)


async def texts(pool: asyncpg.Pool, typed: str, tenant: str = "default") -> list[tuple[str, int]]:
    return [(one.text, one.count) for one in await proposed(pool, typed, tenant=tenant)]


async def test_values_come_with_their_counts_the_most_frequent_first(pool: asyncpg.Pool) -> None:
    assert await texts(pool, "service = ") == [("checkout", 9), ("cart", 1), ('"check in"', 1)]
    assert await texts(pool, 'service = "CHECK') == [('"checkout"', 9), ('"check in"', 1)]
    assert await texts(pool, "instance = che") == [("checkout-1", 9), ('"check in-1"', 1)]
    assert (await texts(pool, "severity >= "))[:3] == [("INFO", 6), ("ERROR", 5), ("TRACE", 0)]
    assert (await texts(pool, "resource.k8s.pod.name = c"))[0] == ("checkout-pod", 9)
    assert await texts(pool, "resource.deep.zone = ") == [("b", 11)]
    assert await texts(pool, "attributes.user_id = ") == [("7", 6), ("42", 5)]
    assert await texts(pool, "attributes.http.status = 5") == [("503", 11)]
    assert await texts(pool, 'attributes."user agent" : ') == [('"curl 8"', 11)]
    assert await texts(pool, "body : x") == await texts(pool, "time > 2") == []


async def test_what_begins_as_typed_comes_before_what_contains_it(pool: asyncpg.Pool) -> None:
    assert [text for text, _ in await texts(pool, "attributes.u")][:4] == [
        'attributes."user agent"', "attributes.user_id", "attributes.http.status", "attributes.checkout_key",
    ]  # fmt: skip
    assert await texts(pool, "service = ec") == [("checkout", 9), ('"check in"', 1)]
    assert [text for text, _ in await texts(pool, "attributes.s")][:4] == [
        'attributes."a list"', "attributes.http.status", 'attributes."user agent"', "attributes.user_id",
    ]  # fmt: skip


async def test_keys_are_fields_those_within_objects_too(pool: asyncpg.Pool) -> None:
    assert [text for text, _ in await texts(pool, "attributes.htt")][:3] == [
        "attributes.http", "attributes.http.ok", "attributes.http.status",
    ]  # fmt: skip
    assert (await texts(pool, "resource.pod"))[0] == ("resource.k8s.pod.name", 0)
    assert [text for text, _ in await texts(pool, "check")] == ["attributes.checkout_key", "attributes.check_key"]
    assert [text for text, _ in await texts(pool, 'attributes."user a')] == ['attributes."user agent"']


async def test_only_the_range_counts(pool: asyncpg.Pool) -> None:
    assert await texts(pool, "service = anc") == []
    (older,) = await proposed(pool, "service = anc", age_nano=60 * MINUTE)
    assert (older.text, older.count) == ("ancient", 1)
    assert await texts(pool, "anc") == []
    (key,) = await proposed(pool, "anc", age_nano=60 * MINUTE)
    assert key.text == "attributes.ancient_key"


async def test_no_tenant_sees_anothers_values_or_keys(pool: asyncpg.Pool) -> None:
    for typed in ("service = sec", "instance = sec", "resource.k8s.pod.name = sec", "sec", "attributes.sec"):
        assert "secret" not in str(await texts(pool, typed)), typed
        assert "secret" in str(await texts(pool, typed, tenant="acme")), typed
    for typed in ("service = ", "attributes.user_id = "):
        assert sum(count for _, count in await texts(pool, typed, tenant="acme")) == 1


async def test_a_page_has_as_many_as_are_asked_for(pool: asyncpg.Pool) -> None:
    assert len(await proposed(pool, "")) == 10
    assert len(await proposed(pool, "service ", page_size=3)) == 3
    assert len(await proposed(pool, "service = ", page_size=1)) == 1


async def test_what_cannot_be_read_in_time_is_left_out(
    database: Database, pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completing, "TIME_LIMIT_SECONDS", 0.2)
    owner = await asyncpg.connect(database.owner_dsn)
    async with owner.transaction():
        await owner.execute("LOCK TABLE logmesh.logs, logmesh.counts IN ACCESS EXCLUSIVE MODE")
        async with asyncio.timeout(10):
            assert await texts(pool, "ser") == [("service", 0)]
            assert await texts(pool, "service = ") == []
    await owner.close()


async def test_the_gateway_completes_and_says_from_which_byte_on(database: Database, pool: asyncpg.Pool) -> None:
    async with running_gateway(database.reader_dsn) as address, grpc.aio.insecure_channel(address) as channel:
        stub = QueryServiceStub(channel)
        answer = await stub.Complete(CompleteRequest(filter="é OR service = chec"))
        assert [(one.text, one.replace_from) for one in answer.completions] == [("checkout", 16), ('"check in"', 16)]
        for request, words in (
            (CompleteRequest(filter="a" * 4097), "longer than"),
            (CompleteRequest(page_size=51), "page_size is 51"),
        ):
            with pytest.raises(grpc.aio.AioRpcError, match=words) as refused:
                await stub.Complete(request)
            assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
