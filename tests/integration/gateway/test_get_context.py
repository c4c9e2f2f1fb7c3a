"""A record's surroundings on a real database: same instance, right order, whoever shares the timestamp."""

import time

import asyncpg
import pytest
from tests.conftest import Database
from tests.integration.gateway.stored import store_records

from logmesh.gateway.answers.answering import NotFound, OutOfTime
from logmesh.gateway.query.get_context import get_context, read_context
from logmesh.gateway.requests.checks import RequestError
from logmesh.record.values import set_values
from logmesh.store.store import Store
from logmesh.v1.query_service_pb2 import GetContextRequest, GetContextResponse
from logmesh.v1.record_pb2 import LogRecord

NOW = time.time_ns() // 10**9 * 10**9
HOUR = 3600.0


def record(body: str, age_seconds: float, instance: str = "pod-1", service: str = "checkout") -> LogRecord:
    made = LogRecord(time_unix_nano=NOW - int(age_seconds * 1e9), body=body)
    made.resource.service_name, made.resource.service_instance_id = service, instance
    return made


async def remember_spool(database: Database, spool: int, tenant: str = "default") -> None:
    """Put the spool into the ledger, as the processor's flush would have."""
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(
        "INSERT INTO logmesh.spools (spool, tenant, spool_id, producer, principal, last_commit)"
        " OVERRIDING SYSTEM VALUE VALUES ($1, $2, gen_random_uuid(), 'p', 'p', now())",
        spool,
        tenant,
    )
    await owner.close()


async def around(
    store: Store, record_id: str, before: int = 0, after: int = 0, *, hint: int = 0, tenant: str = "default"
) -> GetContextResponse:
    request = GetContextRequest(record_id=record_id, before=before, after=after, time_unix_nano=hint)
    answer = await get_context(store, tenant, read_context(request), time_limit_seconds=10)
    assert answer.records[answer.index].id == record_id
    return answer


async def test_neighbours_are_those_of_the_same_service_and_instance(database: Database, store: Store) -> None:
    ours = [record(f"{n}", 100 - n) for n in range(30)]
    set_values(ours[14].resource.attributes, {"version": "2"})  # another origin of the same instance
    others = [record("other pod", 86, "pod-2"), record("other service", 86, service="cart")]
    await store_records(database, ours + others)
    answer = await around(store, "1-f", before=3, after=2, hint=ours[15].time_unix_nano)
    assert [one.body for one in answer.records] == ["12", "13", "14", "15", "16", "17"]
    assert answer.index == 3
    by_default = await around(store, "1-f", hint=ours[15].time_unix_nano)
    assert [one.body for one in by_default.records] == [f"{n}" for n in range(5, 26)]


async def test_records_of_one_time_stand_in_the_order_of_their_identity(database: Database, store: Store) -> None:
    for spool in (1, 2):
        await store_records(database, [record(f"{spool}/{n}", 60) for n in range(150)], spool=spool)
    every = [f"{spool}/{n}" for spool in (1, 2) for n in range(150)]
    for spool, position in ((1, 0), (1, 149), (2, 0), (2, 77), (2, 149)):
        answer = await around(store, f"{spool:x}-{position:x}", 120, 130, hint=NOW - 60 * 10**9)
        at = (spool - 1) * 150 + position
        assert [one.body for one in answer.records] == every[max(0, at - 120) : at + 131]
        assert answer.index == min(at, 120)


async def test_nanoseconds_count(database: Database, store: Store) -> None:
    records = [record(f"{n}", 60) for n in range(5)]
    for one, ns in zip(records, (4, 2, 0, 3, 1), strict=True):
        one.time_unix_nano += ns
    await store_records(database, records)
    answer = await around(store, "1-1", hint=records[1].time_unix_nano)
    assert [one.body for one in answer.records] == ["2", "4", "1", "3", "0"]


async def test_without_its_time_a_record_is_found_all_the_same(database: Database, store: Store) -> None:
    await remember_spool(database, 1)
    ages = (150 * HOUR, 20 * HOUR, 1, -500)  # as far as clamping lets a time be from its receipt
    await store_records(database, [record(f"{age}", age) for age in ages])
    for position, age in enumerate(ages):
        answer = await around(store, f"1-{position:x}")
        assert answer.records[answer.index].body == f"{age}"


async def test_a_time_that_lost_its_last_digits_finds_the_record(database: Database, store: Store) -> None:
    one = record("x", 60)
    one.time_unix_nano += 123_456_789
    await store_records(database, [one])
    assert (await around(store, "1-0", hint=int(float(one.time_unix_nano)))).index == 0


async def test_a_quiet_instance_is_looked_for_a_week_away_and_no_farther(database: Database, store: Store) -> None:
    await store_records(database, [record("too far", 169.5 * HOUR), record("far", 160 * HOUR), record("x", HOUR)])
    answer = await around(store, "1-2", hint=NOW - int(HOUR) * 10**9)
    assert [one.body for one in answer.records] == ["far", "x"]


async def test_what_does_not_fit_a_message_is_left_out_from_the_far_ends(database: Database, store: Store) -> None:
    await store_records(database, [record(f"{n} " + "x" * 200_000, 100 - n) for n in range(60)])
    answer = await around(store, "1-1e", 30, 30, hint=NOW - 70 * 10**9)
    assert answer.ByteSize() < 4 << 20
    bodies = [int(one.body.partition(" ")[0]) for one in answer.records]
    assert bodies == list(range(30 - answer.index, 30 - answer.index + len(bodies)))
    assert 5 < answer.index < 15 < len(bodies)


async def test_no_tenant_sees_anothers_record_or_neighbours(database: Database, store: Store) -> None:
    await store_records(database, [record("ours", 60), record("ours too", 59)])
    await store_records(database, [record("theirs", 60), record("theirs too", 59)], tenant="acme", spool=2)
    for spool, tenant in ((1, "default"), (2, "acme")):
        await remember_spool(database, spool, tenant)
    for hint in (NOW - 60 * 10**9, 0):
        answer = await around(store, "1-0", hint=hint)
        assert [one.body for one in answer.records] == ["ours", "ours too"]
        with pytest.raises(NotFound):
            await around(store, "2-0", hint=hint)
        answer = await around(store, "2-0", hint=hint, tenant="acme")
        assert [one.body for one in answer.records] == ["theirs", "theirs too"]


async def test_what_is_not_there_is_said_to_be_so_at_once(database: Database, store: Store) -> None:
    await remember_spool(database, 1)
    await store_records(database, [record("x", 60)])
    for record_id, hint in (("1-7", 0), ("9-0", 0), ("1-0", NOW)):
        with pytest.raises(NotFound):
            await around(store, record_id, hint=hint)


async def test_a_search_for_a_record_ends_with_its_time(database: Database, store: Store) -> None:
    await remember_spool(database, 1)
    query = read_context(GetContextRequest(record_id="1-0"))
    owner = await asyncpg.connect(database.owner_dsn)
    async with owner.transaction():
        await owner.execute("LOCK TABLE logmesh.logs IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(OutOfTime, match="time_unix_nano"):
            await get_context(store, "default", query, time_limit_seconds=0.4)
    await owner.close()


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (GetContextRequest(), "record_id"),
        (GetContextRequest(record_id="1-0x"), "not a record id"),
        (GetContextRequest(record_id="1-0", before=501), "before is 501, and 500 is the most"),
        (GetContextRequest(record_id="1-0", after=1 << 31), "after"),
    ],
)
def test_a_wrong_request_is_refused_with_its_reason(request_: GetContextRequest, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        read_context(request_)
