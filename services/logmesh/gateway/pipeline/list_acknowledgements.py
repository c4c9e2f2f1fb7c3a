"""ListAcknowledgements: who acknowledged what, when and why, the latest first."""

from typing import Any

from logmesh.gateway.pipeline.ledger import Ledger
from logmesh.gateway.pipeline.pages import MAX_RANGES, page_size, ranges
from logmesh.gateway.requests.list_token import decode_list_token, encode_list_token
from logmesh.storage.sql import load
from logmesh.v1 import pipeline_service_pb2 as pb


async def list_acknowledgements(
    ledger: Ledger, tenant: str, request: pb.ListAcknowledgementsRequest
) -> pb.ListAcknowledgementsResponse:
    """Raises RequestError, PageTokenError and StoreError."""
    limit = page_size(request)
    after = decode_list_token(request.page_token, "acknowledgements", (_number,))
    async with ledger.reading(tenant) as connection:
        rows = await connection.fetch(load("list_acknowledgements"), limit + 1, *after, MAX_RANGES)
    answer = pb.ListAcknowledgementsResponse(acknowledgements=[_acknowledgement(row) for row in rows[:limit]])
    if len(rows) > limit:
        answer.next_page_token = encode_list_token("acknowledgements", (rows[limit - 1]["acknowledgement"],))
    return answer


def _acknowledgement(row: Any) -> pb.Acknowledgement:
    found = pb.Acknowledgement(
        kind=row["kind"],
        spool_id=row["spool_id"],
        producer=row["producer"],
        batches=row["batches"],
        numbers=ranges(row["numbers"]),
        by=row["who"],
        reason=row["reason"],
    )
    found.time.FromDatetime(row["made"])
    return found


def _number(value: Any) -> int:
    if not isinstance(value, int) or not 0 <= value < 1 << 62:
        raise ValueError(value)
    return value
