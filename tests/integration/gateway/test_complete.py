"""Proposals on a real database: what the records of the tenant have, with how many have it."""

import asyncio
import time

import asyncpg
import grpc
import pytest
from tests.conftest import Database
from tests.integration.gateway.running import running_gateway
from tests.integration.gateway.stored import store_records

from logmesh.gateway.query import complete as completing
from logmesh.gateway.query.complete import complete, read_complete
from logmesh.gateway.requests.checks import to_proto
from logmesh.record.values import set_values
from logmesh.store.store import Store
from logmesh.v1.query_service_pb2 import CompleteRequest, Completion
from logmesh.v1.query_service_pb2_grpc import QueryServiceStub
from logmesh.v1.record_pb2 import SEVERITY_NUMBER_ERROR, SEVERITY_NUMBER_INFO, LogRecord

NOW = time.time_ns()
MINUTE = 60 * 10**9


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """That of the test: a whole suite may have run since this file was imported, and the gateway looks back from its own now."""
    monkeypatch.setitem(globals(), "NOW", time.time_ns())


def record(service: str, failed: bool, age_nano: int = 10**9) -> LogRecord:
    made = LogRecord(time_unix_nano=NOW - age_nano, body="x")
    made.severity_number = SEVERITY_NUMBER_ERROR if failed else SEVERITY_NUMBER_INFO
    made.resource.service_name, made.resource.service_instance_id = service, f"{service}-1"
    set_values(made.resource.attributes, {"k8s.pod.name": f"{service}-pod", "deep": {"zone": "b"}})
    set_values(made.attributes, {
        "user_id": "42" if failed else "7", "http": {"status": 503, "ok": False}, "user agent": "curl 8",
        f"{service.split()[0]}_key": 1, "a list": [1],
    })  # fmt: skip
    return made


@pytest.fixture(autouse=True)
async def stored(database: Database, store: Store) -> None:
    """Some records of two tenants, in the database that `store` reads."""
    ours = [record("checkout", n % 3 == 0) for n in range(9)] + [record("check in", True), record("cart", True)]
    ours.append(record("ancient", True, age_nano=40 * MINUTE))
    await store_records(database, ours)
    await store_records(database, [record("secret", True)], tenant="acme", spool=2)


async def proposed(
    store: Store, typed: str, *, tenant: str = "default", age_nano: int = 0, page_size: int = 0
) -> list[Completion]:
    request = CompleteRequest(filter=typed, page_size=page_size)
    if age_nano:
        request.start_time.CopyFrom(to_proto(NOW - age_nano))
    answer = await complete(store, tenant, read_complete(request, NOW + MINUTE))
    return list(answer.completions)


async def texts(store: Store, typed: str, tenant: str = "default") -> list[tuple[str, int]]:
    return [(one.text, one.count) for one in await proposed(store, typed, tenant=tenant)]


async def test_values_come_with_their_counts_the_most_frequent_first(store: Store) -> None:
    assert await texts(store, "service = ") == [("checkout", 9), ("cart", 1), ('"check in"', 1)]
    assert await texts(store, 'service = "CHECK') == [('"checkout"', 9), ('"check in"', 1)]
    assert await texts(store, "instance = che") == [("checkout-1", 9), ('"check in-1"', 1)]
    assert (await texts(store, "severity >= "))[:3] == [("INFO", 6), ("ERROR", 5), ("TRACE", 0)]
    assert (await texts(store, "resource.k8s.pod.name = c"))[0] == ("checkout-pod", 9)
    assert await texts(store, "resource.deep.zone = ") == [("b", 11)]
    assert await texts(store, "attributes.user_id = ") == [("7", 6), ("42", 5)]
    assert await texts(store, "attributes.http.status = 5") == [("503", 11)]
    assert await texts(store, 'attributes."user agent" : ') == [('"curl 8"', 11)]
    assert await texts(store, "body : x") == await texts(store, "time > 2") == []


async def test_what_begins_as_typed_comes_before_what_contains_it(store: Store) -> None:
    assert [text for text, _ in await texts(store, "attributes.u")][:4] == [
        'attributes."user agent"', "attributes.user_id", "attributes.http.status", "attributes.checkout_key",
    ]  # fmt: skip
    assert await texts(store, "service = ec") == [("checkout", 9), ('"check in"', 1)]
    assert [text for text, _ in await texts(store, "attributes.s")][:4] == [
        'attributes."a list"', "attributes.http.status", 'attributes."user agent"', "attributes.user_id",
    ]  # fmt: skip


async def test_keys_are_fields_those_within_objects_too(store: Store) -> None:
    assert [text for text, _ in await texts(store, "attributes.htt")][:3] == [
        "attributes.http", "attributes.http.ok", "attributes.http.status",
    ]  # fmt: skip
    assert (await texts(store, "resource.pod"))[0] == ("resource.k8s.pod.name", 0)
    assert [text for text, _ in await texts(store, "check")] == ["attributes.checkout_key", "attributes.check_key"]
    assert [text for text, _ in await texts(store, 'attributes."user a')] == ['attributes."user agent"']


async def test_only_the_range_counts(store: Store) -> None:
    assert await texts(store, "service = anc") == []
    (older,) = await proposed(store, "service = anc", age_nano=60 * MINUTE)
    assert (older.text, older.count) == ("ancient", 1)
    assert await texts(store, "anc") == []
    (key,) = await proposed(store, "anc", age_nano=60 * MINUTE)
    assert key.text == "attributes.ancient_key"


async def test_no_tenant_sees_anothers_values_or_keys(store: Store) -> None:
    for typed in ("service = sec", "instance = sec", "resource.k8s.pod.name = sec", "sec", "attributes.sec"):
        assert "secret" not in str(await texts(store, typed)), typed
        assert "secret" in str(await texts(store, typed, tenant="acme")), typed
    for typed in ("service = ", "attributes.user_id = "):
        assert sum(count for _, count in await texts(store, typed, tenant="acme")) == 1


async def test_a_page_has_as_many_as_are_asked_for(store: Store) -> None:
    assert len(await proposed(store, "")) == 10
    assert len(await proposed(store, "service ", page_size=3)) == 3
    assert len(await proposed(store, "service = ", page_size=1)) == 1


async def test_what_cannot_be_read_in_time_is_left_out(
    database: Database, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completing, "TIME_LIMIT_SECONDS", 0.2)
    owner = await asyncpg.connect(database.owner_dsn)
    async with owner.transaction():
        await owner.execute("LOCK TABLE logmesh.logs, logmesh.counts IN ACCESS EXCLUSIVE MODE")
        async with asyncio.timeout(10):
            assert await texts(store, "ser") == [("service", 0)]
            assert await texts(store, "service = ") == []
    await owner.close()


async def test_the_gateway_completes_and_says_from_which_byte_on(database: Database, store: Store) -> None:
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
