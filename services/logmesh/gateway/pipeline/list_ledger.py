"""ListLedger: one entry a spool, what was received of it and what was not."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from logmesh.gateway.pipeline.ledger import Ledger
from logmesh.gateway.pipeline.pages import MAX_RANGES, page_size, ranges, to_duration, total
from logmesh.gateway.requests.list_token import decode_list_token, encode_list_token
from logmesh.storage.sql import load
from logmesh.v1 import pipeline_service_pb2 as pb

_NOT_COMMITTED: Final = "-infinity"


async def list_ledger(ledger: Ledger, tenant: str, request: pb.ListLedgerRequest) -> pb.ListLedgerResponse:
    """The latest first. Raises RequestError, PageTokenError and StoreError."""
    limit = page_size(request)
    after = decode_list_token(request.page_token, "ledger", (_place, UUID))
    async with ledger.reading(tenant) as connection:
        rows = await connection.fetch(load("list_ledger"), limit + 1, *after, MAX_RANGES)
    answer = pb.ListLedgerResponse(entries=[_entry(row) for row in rows[:limit]], total=total(rows))
    if len(rows) > limit:
        last = rows[limit - 1]
        answer.next_page_token = encode_list_token("ledger", (last["place"], last["spool_id"]))
    return answer


def _entry(row: Any) -> pb.LedgerEntry:
    """A row of list_ledger.sql: what was received of 1 to `last_seq`, and which ranges of it were not."""
    entry = pb.LedgerEntry(
        spool_id=row["spool_id"],
        producer=row["producer"],
        last_seq=row["last_seq"],
        missing=ranges(row["missing"]),
        lost=ranges(row["abandoned"]),
        missing_batches=row["missing_batches"],
        lost_batches=row["abandoned_batches"],
        stored=row["stored"],
        dead_letters=row["dead_letters"],
    )
    if row["last_commit"] is not None:
        entry.last_commit_time.FromDatetime(row["last_commit"])
    if row["lag"] is not None:
        entry.lag.CopyFrom(to_duration(row["lag"]))
    return entry


def _place(value: Any) -> str:
    return value if value == _NOT_COMMITTED else datetime.fromisoformat(value).isoformat()
