"""Facts of the ledger: none hides behind many producers or behind an hour, and each stays until it is acknowledged."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import grpc
import pytest
from tests.conftest import Database
from tests.integration.gateway.running import running_gateway
from tests.unit.runtime.issuer import AUDIENCE, ISSUER, Issuer

from logmesh.v1 import pipeline_service_pb2 as pb
from logmesh.v1.ingest_service_pb2 import SeqRange
from logmesh.v1.pipeline_service_pb2_grpc import PipelineServiceStub

OTHERS = 2_500


@pytest.fixture
async def ledger(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """The owner's connection to a ledger in which 2,500 producers are well."""
    connection = await asyncpg.connect(database.owner_dsn)
    await connection.execute(
        "INSERT INTO logmesh.spools (tenant, spool_id, producer, principal, committed, stored, last_commit)"
        " SELECT 'default', gen_random_uuid(), 'well ' || n, 'p', '{[1,11)}', 10, now() - n * interval '1 ms'"
        " FROM generate_series(1, $1::int) AS n",
        OTHERS,
    )
    yield connection
    await connection.close()


async def add_spool(
    ledger: asyncpg.Connection,
    producer: str,
    committed: str,
    abandoned: str = "{}",
    *,
    age: str = "2 hours",
    tenant: str = "default",
) -> str:
    """A spool that stored something last `age` ago; its id."""
    return str(
        await ledger.fetchval(
            "INSERT INTO logmesh.spools (tenant, spool_id, producer, principal, committed, abandoned, last_commit)"
            " VALUES ($1, gen_random_uuid(), $2, 'p', $3::text::int8multirange, $4::text::int8multirange, now() - $5::text::interval)"
            " RETURNING spool_id",
            tenant, producer, committed, abandoned, age,
        )
    )  # fmt: skip


@pytest.fixture
async def stub(ledger: asyncpg.Connection, database: Database) -> AsyncIterator[Any]:
    """Of a gateway that asks no processor."""
    async with running_gateway(database.reader_dsn) as address, grpc.aio.insecure_channel(address) as channel:
        yield PipelineServiceStub(channel)


async def test_a_loss_is_in_the_summary_behind_any_number_of_producers_and_after_any_time(
    ledger: asyncpg.Connection, stub: Any
) -> None:
    spool = await add_spool(ledger, "gone", "{[1,5),[8,11)}", "{[1,8)}")
    await add_spool(ledger, "silent", "{[1,5),[6,11)}")
    await add_spool(ledger, "foreign", "{[5,11)}", "{[1,5)}", tenant="acme")
    summary = await stub.GetSummary(pb.GetSummaryRequest())
    assert (summary.lost_batches, summary.unaccounted_batches, summary.producers) == (3, 1, OTHERS)
    assert (summary.stored, summary.committed_batches) == (OTHERS * 10, OTHERS * 10)
    facts = (await stub.ListFacts(pb.ListFactsRequest())).facts
    assert [(fact.kind, fact.producer, fact.batches) for fact in facts] == [
        ("lost", "gone", 3),
        ("unaccounted", "silent", 1),
    ]
    assert facts[0].spool_id == spool
    assert ranges(facts[0]) == [(5, 7)]
    assert facts[0].HasField("since")
    assert "does not hold them" in facts[0].advice


async def test_pages_hold_every_producer_and_say_how_many_there_are(ledger: asyncpg.Connection, stub: Any) -> None:
    await ledger.execute(
        "INSERT INTO logmesh.spools (tenant, spool_id, producer, principal) SELECT 'default', gen_random_uuid(), 'new ' || n, 'p'"
        " FROM generate_series(1, 3) AS n"
    )
    names, request = [], pb.ListLedgerRequest(page_size=1_000)
    while True:
        page = await stub.ListLedger(request)
        assert page.total == OTHERS + 3
        names += [entry.producer for entry in page.entries]
        request.page_token = page.next_page_token
        if not request.page_token:
            break
    assert names[:OTHERS] == [f"well {n + 1}" for n in range(OTHERS)]
    assert sorted(names[OTHERS:]) == ["new 1", "new 2", "new 3"]
    with pytest.raises(grpc.aio.AioRpcError, match="page_token"):
        await stub.ListLedger(pb.ListLedgerRequest(page_token="bm9uc2Vuc2U"))
    assert not (await stub.ListFacts(pb.ListFactsRequest())).facts
    spools = {await add_spool(ledger, "gone", "{[5,11)}", "{[1,5)}") for _ in range(3)}
    spools |= {await add_spool(ledger, "silent", "{[5,11)}") for _ in range(2)}
    found, asked = [], pb.ListFactsRequest(page_size=2)
    for _ in range(3):
        page = await stub.ListFacts(asked)
        found += page.facts
        asked.page_token = page.next_page_token
        assert page.total == 5
    assert not asked.page_token
    assert [fact.kind for fact in found] == ["lost"] * 3 + ["unaccounted"] * 2
    assert {fact.spool_id for fact in found} == spools


async def test_a_spool_with_many_gaps_is_counted_whole_and_listed_in_part(
    ledger: asyncpg.Connection, stub: Any
) -> None:
    await ledger.execute(
        "INSERT INTO logmesh.spools (tenant, spool_id, producer, principal, committed, abandoned, last_commit)"
        " SELECT 'default', gen_random_uuid(), 'torn', 'p', range_agg(int8range(2 * n, 2 * n + 1)), '{[1,9999)}', now()"
        " FROM generate_series(1, 1000) AS n"
    )
    entry = (await stub.ListLedger(pb.ListLedgerRequest(page_size=1))).entries[0]
    assert (entry.producer, entry.missing_batches, entry.lost_batches, len(entry.missing)) == (
        "torn",
        1_000,
        1_000,
        100,
    )
    assert (await stub.GetSummary(pb.GetSummaryRequest())).lost_batches == 1_000
    # What is acknowledged is what was shown.
    facts = (await stub.ListFacts(pb.ListFactsRequest())).facts
    assert (facts[0].batches, len(facts[0].numbers)) == (1_000, 100)
    assert (await stub.AcknowledgeFacts(pb.AcknowledgeFactsRequest(facts=facts, reason="seen"))).batches == 100
    assert (await stub.GetSummary(pb.GetSummaryRequest())).lost_batches == 900


async def test_an_acknowledged_loss_is_gone_from_the_facts_and_kept_with_its_reason(
    ledger: asyncpg.Connection, stub: Any
) -> None:
    await add_spool(ledger, "gone", "{[1,5),[8,11)}", "{[1,8)}")
    facts = (await stub.ListFacts(pb.ListFactsRequest())).facts
    request = pb.AcknowledgeFactsRequest(facts=facts, reason="disk of node 3", by="ann")
    assert (await stub.AcknowledgeFacts(request)).batches == 3
    assert (await stub.AcknowledgeFacts(request)).batches == 0  # they are none any more
    summary = await stub.GetSummary(pb.GetSummaryRequest())
    assert (summary.lost_batches, summary.unaccounted_batches) == (0, 0)
    assert not (await stub.ListFacts(pb.ListFactsRequest())).facts
    (kept,) = (await stub.ListAcknowledgements(pb.ListAcknowledgementsRequest())).acknowledgements
    assert (kept.kind, kept.producer, kept.batches, kept.by, kept.reason) == (
        "lost",
        "gone",
        3,
        "ann",
        "disk of node 3",
    )
    assert ranges(kept) == [(5, 7)]
    assert kept.HasField("time")
    # What is lost later is a fact of its own.
    await ledger.execute(
        "UPDATE logmesh.spools SET committed = '{[1,5),[8,11),[12,20)}', abandoned = '{[1,12)}' WHERE producer = 'gone'"
    )
    facts = (await stub.ListFacts(pb.ListFactsRequest())).facts
    assert [(fact.kind, ranges(fact)) for fact in facts] == [("lost", [(11, 11)])]


async def test_what_was_acknowledged_as_unaccounted_and_is_lost_then_is_a_new_fact(
    ledger: asyncpg.Connection, stub: Any
) -> None:
    await add_spool(ledger, "away", "{[1,5),[8,11)}")
    facts = (await stub.ListFacts(pb.ListFactsRequest())).facts
    assert [fact.kind for fact in facts] == ["unaccounted"]
    await stub.AcknowledgeFacts(pb.AcknowledgeFactsRequest(facts=facts, reason="its pod is gone"))
    assert (await stub.GetSummary(pb.GetSummaryRequest())).unaccounted_batches == 0
    await ledger.execute("UPDATE logmesh.spools SET abandoned = '{[1,8)}' WHERE producer = 'away'")
    facts = (await stub.ListFacts(pb.ListFactsRequest())).facts
    assert [(fact.kind, ranges(fact)) for fact in facts] == [("lost", [(5, 7)])]


async def test_what_is_only_counted_is_acknowledged_by_its_count(ledger: asyncpg.Connection, stub: Any) -> None:
    spool = await add_spool(ledger, "copied", "{[1,5)}")
    await ledger.execute(
        "UPDATE logmesh.spools SET rewound = 3, diverged_since = now() WHERE spool_id = $1::uuid", spool
    )
    (fact,) = (await stub.ListFacts(pb.ListFactsRequest())).facts
    assert (fact.kind, fact.batches, len(fact.numbers)) == ("rewound", 3, 0)
    assert "copy" in fact.advice
    assert (await stub.AcknowledgeFacts(pb.AcknowledgeFactsRequest(facts=[fact], reason="seen"))).batches == 3
    assert not (await stub.ListFacts(pb.ListFactsRequest())).facts
    await ledger.execute("UPDATE logmesh.spools SET rewound = 5 WHERE spool_id = $1::uuid", spool)
    assert [one.batches for one in (await stub.ListFacts(pb.ListFactsRequest())).facts] == [2]


async def test_a_spool_of_which_nothing_came_is_a_fact_since_it_was_named(
    ledger: asyncpg.Connection, stub: Any
) -> None:
    await ledger.execute(
        "INSERT INTO logmesh.spools (tenant, spool_id, producer, principal, given, created)"
        " VALUES ('default', gen_random_uuid(), 'finished job', 'p', 7, now() - interval '2 hours')"
    )
    (fact,) = (await stub.ListFacts(pb.ListFactsRequest())).facts
    assert (fact.kind, fact.producer, ranges(fact)) == ("unaccounted", "finished job", [(1, 7)])
    assert fact.HasField("since")
    assert (await stub.GetSummary(pb.GetSummaryRequest())).unaccounted_batches == 7


async def test_a_wrong_request_says_what_is_wrong(stub: Any) -> None:
    spool = "1" * 32
    for request, words in (
        (pb.AcknowledgeFactsRequest(facts=[pb.Fact(kind="lost", spool_id=spool)]), "reason"),
        (pb.AcknowledgeFactsRequest(reason="none"), "facts"),
        (pb.AcknowledgeFactsRequest(facts=[pb.Fact(kind="lost", spool_id="x")], reason="y"), "spool_id"),
        (pb.AcknowledgeFactsRequest(facts=[pb.Fact(kind="a\0", spool_id=spool)], reason="y"), "kind"),
        (
            pb.AcknowledgeFactsRequest(
                facts=[pb.Fact(spool_id=spool, numbers=[SeqRange(first=3, last=1)])], reason="y"
            ),
            "range",
        ),
        (pb.AcknowledgeFactsRequest(facts=[pb.Fact(spool_id=spool)], reason="y", by="z" * 300), "by must"),
    ):
        with pytest.raises(grpc.aio.AioRpcError, match=words) as refused:
            await stub.AcknowledgeFacts(request)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_with_tokens_an_administrator_of_the_tenant_alone_may_acknowledge(
    ledger: asyncpg.Connection, database: Database, tmp_path: Path
) -> None:
    await add_spool(ledger, "gone", "{[5,11)}", "{[1,5)}", tenant="acme")
    issuer = Issuer()
    jwks = str(issuer.write_keys(tmp_path / "jwks.json"))
    async with (
        running_gateway(database.reader_dsn, jwt_issuer=ISSUER, jwt_audience=AUDIENCE, jwt_jwks=jwks) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        stub: Any = PipelineServiceStub(channel)

        def bearer(**claims: Any) -> Sequence[tuple[str, str]]:
            return [("authorization", f"Bearer {issuer.token(**claims)}")]

        reader = bearer(tenant="acme", roles=["reader"])
        facts = (await stub.ListFacts(pb.ListFactsRequest(), metadata=reader)).facts
        assert [fact.producer for fact in facts] == ["gone"]
        request = pb.AcknowledgeFactsRequest(facts=facts, reason="seen", by="somebody else")
        for token in (reader, bearer(tenant="acme"), bearer(tenant="acme", roles="administrator")):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await stub.AcknowledgeFacts(request, metadata=token)
            assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
        # Another tenant's administrator does not even see it.
        assert (await stub.AcknowledgeFacts(request, metadata=bearer(tenant="globex", roles=["admin"]))).batches == 0
        assert (await stub.AcknowledgeFacts(request, metadata=bearer(tenant="acme", roles="x admin"))).batches == 4
        listed = await stub.ListAcknowledgements(pb.ListAcknowledgementsRequest(), metadata=reader)
        assert [kept.by for kept in listed.acknowledgements] == ["someone"]


async def test_the_reader_may_write_nothing_but_what_the_function_writes(database: Database) -> None:
    reader = await asyncpg.connect(database.reader_dsn)
    for statement in (
        "INSERT INTO logmesh.acknowledgements (tenant, spool_id, producer, kind, numbers, batches, who, reason)"
        " VALUES ('a', gen_random_uuid(), '', '', '{}', 1, '', 'x')",
        "DELETE FROM logmesh.acknowledgements",
        "UPDATE logmesh.spools SET abandoned = '{}'",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await reader.execute(statement)
    await reader.close()


async def test_a_flush_leaves_alone_since_when_a_loss_is_known(ledger: asyncpg.Connection, stub: Any) -> None:
    await add_spool(ledger, "gone", "{[5,11)}", "{[1,5)}", age="1 second")
    (fact,) = (await stub.ListFacts(pb.ListFactsRequest())).facts
    await asyncio.sleep(0.01)
    await ledger.execute("UPDATE logmesh.spools SET committed = committed + '{[11,20)}' WHERE producer = 'gone'")
    await ledger.execute(
        "UPDATE logmesh.spools SET abandoned = '{[1,5),[12,15)}' WHERE producer = 'gone'"
    )  # stored since
    (again,) = (await stub.ListFacts(pb.ListFactsRequest())).facts
    assert again.since == fact.since


def ranges(message: pb.Fact | pb.Acknowledgement) -> list[tuple[int, int]]:
    return [(part.first, part.last) for part in message.numbers]
