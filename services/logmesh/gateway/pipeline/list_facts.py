"""ListFacts: what an operator must know of and nobody has acknowledged, by kind and spool."""

from typing import Any
from uuid import UUID

from logmesh.gateway.pipeline.advice import advice_on
from logmesh.gateway.pipeline.ledger import Ledger
from logmesh.gateway.pipeline.pages import MAX_RANGES, page_size, ranges, read_kind, total
from logmesh.gateway.requests.list_token import decode_list_token, encode_list_token
from logmesh.storage.sql import load
from logmesh.v1 import pipeline_service_pb2 as pb


async def list_facts(ledger: Ledger, tenant: str, request: pb.ListFactsRequest) -> pb.ListFactsResponse:
    """Raises RequestError, PageTokenError and StoreError."""
    limit = page_size(request)
    after = decode_list_token(request.page_token, "facts", (read_kind, UUID))
    async with ledger.reading(tenant) as connection:
        rows = await connection.fetch(load("list_facts"), limit + 1, *after, MAX_RANGES)
    answer = pb.ListFactsResponse(facts=[_fact(row) for row in rows[:limit]], total=total(rows))
    if len(rows) > limit:
        last = rows[limit - 1]
        answer.next_page_token = encode_list_token("facts", (last["kind"], last["spool_id"]))
    return answer


def _fact(row: Any) -> pb.Fact:
    fact = pb.Fact(
        kind=row["kind"],
        spool_id=row["spool_id"],
        producer=row["producer"],
        batches=row["batches"],
        numbers=ranges(row["numbers"]),
        advice=advice_on(row["kind"]),
    )
    if row["since"] is not None:
        fact.since.FromDatetime(row["since"])
    return fact
