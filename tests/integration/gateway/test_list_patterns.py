"""ListPatterns on a real database: counts, what is new, samples, limits, tenants."""

import time
from collections.abc import Mapping, Sequence

import asyncpg
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from tests.conftest import Database
from tests.integration.gateway.stored import store_records

from logmesh.gateway.answers.examples import EXAMPLES_BYTES, READ_BYTES
from logmesh.gateway.query import list_patterns as patterns_module
from logmesh.gateway.query.list_patterns import list_patterns, read_patterns
from logmesh.store.order import Cursor
from logmesh.store.store import Store
from logmesh.v1.query_service_pb2 import ListPatternsRequest, ListPatternsResponse
from logmesh.v1.record_pb2 import LogRecord

MINUTE = 60 * 10**9
NOW = time.time_ns() // MINUTE * MINUTE
LAST_MINUTES = Timestamp(seconds=(NOW - 5 * MINUTE) // 10**9)


def record(body: str, age_seconds: float, severity: int = 9, service: str = "checkout") -> LogRecord:
    made = LogRecord(time_unix_nano=NOW - int(age_seconds * 1e9), severity_number=severity, body=body)  # type: ignore[arg-type]
    made.resource.service_name = service
    return made


async def ask(
    store: Store, request: ListPatternsRequest, tenant: str = "default", seconds: float = 20
) -> ListPatternsResponse:
    return await list_patterns(store, tenant, read_patterns(request, NOW), seconds)


def last_minutes(**fields: object) -> ListPatternsRequest:
    return ListPatternsRequest(start_time=LAST_MINUTES, **fields)  # type: ignore[arg-type]


async def test_templates_come_with_counts_services_worst_severity_and_newest_example(
    database: Database, store: Store
) -> None:
    made = [record(f"user {n} logged in", 10 + n, 9 + n % 3, f"s{n % 12:02}") for n in range(30)]
    made += [record("disk full", 5, 17), record("disk full", 400, 17), record("user 9 logged in", 299)]
    await store_records(database, made)
    answer = await ask(store, last_minutes())
    logged_in, full = answer.patterns
    assert (logged_in.template, logged_in.count, logged_in.severity_number) == ("user <*> logged in", 31, 11)
    assert logged_in.example.body == "user 0 logged in"
    assert len(logged_in.services) == 10
    assert (full.template, full.count, list(full.services)) == ("disk full", 1, ["checkout"])
    assert (logged_in.is_new, full.is_new) == (True, False)
    assert (answer.counted, answer.exact) == (32, True)
    assert [one.template for one in (await ask(store, last_minutes(page_size=1))).patterns] == ["user <*> logged in"]
    assert [one.template for one in (await ask(store, last_minutes(filter="disk"))).patterns] == ["disk full"]
    nothing = await ask(store, last_minutes(filter="no such line"))
    assert (len(nothing.patterns), nothing.counted, nothing.exact) == (0, 0, True)


async def test_of_many_records_the_newest_are_looked_at(
    database: Database, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patterns_module, "SAMPLE", 10)
    await store_records(database, [record(f"kind {'abcdef'[n % 6]}", n + 1) for n in range(60)])
    answer = await ask(store, last_minutes())
    assert (answer.counted, answer.exact) == (10, False)
    assert sum(one.count for one in answer.patterns) == 10
    assert [one.example.body for one in answer.patterns][:1] == ["kind a"]


async def test_records_of_one_time_keep_their_own_examples(database: Database, store: Store) -> None:
    for spool in (1, 2):
        await store_records(database, [record(f"{word} {spool}", 3) for word in ("a", "b")], spool=spool)
    examples = {one.template: one.example.body for one in (await ask(store, last_minutes())).patterns}
    assert examples == {"a <*>": "a 2", "b <*>": "b 2"}


async def test_an_answer_stays_small_however_long_the_lines_are(database: Database, store: Store) -> None:
    await store_records(database, [record(chr(0x3B1 + n) * 60_000, 1 + n) for n in range(20)])
    answer = await ask(store, last_minutes())
    assert len(answer.patterns) == 20
    assert all(len(one.template) <= 1_000 and one.example.id for one in answer.patterns)
    assert {len(one.example.body) for one in answer.patterns} == {0, 60_000}
    assert answer.ByteSize() < EXAMPLES_BYTES + 100_000


async def test_examples_that_an_answer_has_no_room_for_are_not_read(
    database: Database, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = range(0x3B1, 0x3B1 + 80)
    await store_records(database, [record(chr(letter) * 60_000, 1 + n) for n, letter in enumerate(letters)])
    read, records = 0, store.records

    async def counted(tenant: str, places: Sequence[Cursor], *, seconds: float) -> Mapping[tuple[int, int], LogRecord]:
        nonlocal read
        found = await records(tenant, places, seconds=seconds)
        read += sum(one.ByteSize() for one in found.values())
        return found

    monkeypatch.setattr(store, "records", counted)
    answer = await ask(store, last_minutes(page_size=200))
    assert len(answer.patterns) == len({one.example.id for one in answer.patterns}) == len(letters)
    assert all(NOW - 81 * 10**9 <= one.example.time_unix_nano < NOW for one in answer.patterns)
    assert {len(one.example.body) for one in answer.patterns} == {0, 60_000}
    assert READ_BYTES < read < 2 * READ_BYTES


async def test_without_time_for_the_period_before_nothing_is_called_new(database: Database, store: Store) -> None:
    await store_records(database, [record("line", 10)])
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(
        "CREATE FUNCTION logmesh.slow(b text) RETURNS boolean LANGUAGE plpgsql AS"
        " $$ BEGIN IF b = 'slow' THEN PERFORM pg_sleep(60); END IF; RETURN true; END $$;"
        "GRANT EXECUTE ON FUNCTION logmesh.slow(text) TO logmesh_reader;"
        "ALTER VIEW logmesh.records RENAME TO fast_records;"
        "CREATE VIEW logmesh.records AS SELECT * FROM logmesh.fast_records WHERE logmesh.slow(body);"
        "GRANT SELECT ON logmesh.records, logmesh.fast_records TO logmesh_reader"
    )
    await owner.close()
    assert [one.is_new for one in (await ask(store, last_minutes())).patterns] == [True]
    await store_records(database, [record("slow", 400)], spool=2)
    assert [one.is_new for one in (await ask(store, last_minutes(), seconds=1)).patterns] == [False]


async def test_no_tenant_sees_anothers_patterns(database: Database, store: Store) -> None:
    await store_records(database, [record("ours 1", 10), record("shared 1", 11)], tenant="default")
    await store_records(database, [record("theirs 1", 10), record("shared 1", 400)], tenant="acme", spool=2)
    for tenant, template in (("default", "ours <*>"), ("acme", "theirs <*>")):
        answer = await ask(store, last_minutes(filter='ours OR theirs OR "\') OR (TRUE"'), tenant)
        assert [(one.template, one.example.body.split()[0]) for one in answer.patterns] == [
            (template, template.split()[0])
        ]
    # Another tenant's earlier line does not make ours an old one.
    assert all(one.is_new for one in (await ask(store, last_minutes())).patterns)
