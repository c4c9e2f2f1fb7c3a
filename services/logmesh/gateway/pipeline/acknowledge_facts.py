"""AcknowledgeFacts: notes that somebody has seen facts, and why that is well."""

from typing import Final
from uuid import UUID

from logmesh.gateway.pipeline.ledger import Ledger
from logmesh.gateway.pipeline.pages import MAX_PAGE_SIZE, read_kind
from logmesh.gateway.requests.checks import RequestError, read_name
from logmesh.record.ranges import RangeSet
from logmesh.storage.multirange import to_multirange
from logmesh.storage.sql import load
from logmesh.v1 import pipeline_service_pb2 as pb

MAX_REASON_CHARACTERS: Final = 1_000


async def acknowledge_facts(ledger: Ledger, tenant: str, request: pb.AcknowledgeFactsRequest, who: str) -> int:
    """Note that `who` has seen these facts; how many batches that are, without those that were acknowledged before.

    Raises RequestError and StoreError.
    """
    reason = request.reason.strip()
    if not 1 <= len(reason) <= MAX_REASON_CHARACTERS or "\0" in reason:
        raise RequestError(f"reason must have 1 to {MAX_REASON_CHARACTERS} characters")
    read_name("by", who)
    if not 1 <= len(request.facts) <= MAX_PAGE_SIZE:
        raise RequestError(f"facts are {len(request.facts)}; 1 to {MAX_PAGE_SIZE} are allowed")
    columns = _columns(request)
    async with ledger.changing(tenant) as connection:
        return int(await connection.fetchval(load("acknowledge"), *columns, who, reason))


def _columns(request: pb.AcknowledgeFactsRequest) -> tuple[list[str], list[str], list[str], list[int]]:
    """Each fact once: kinds, ids of spools, numbers, how many batches."""
    numbers: dict[tuple[str, str], RangeSet] = {}
    counts: dict[tuple[str, str], int] = {}
    for fact in request.facts:
        key = read_kind(fact.kind), _uuid(fact.spool_id)
        found = numbers.setdefault(key, RangeSet())
        for part in fact.numbers:
            if not 1 <= part.first <= part.last < 1 << 62:
                raise RequestError(f"{part.first} to {part.last} is no range of numbers")
            found.add(part.first, part.last)
        counts[key] = max(counts.get(key, 0), min(fact.batches, 1 << 62))
    keys = list(numbers)
    texts = [to_multirange(numbers[key]) for key in keys]
    return [kind for kind, _ in keys], [spool for _, spool in keys], texts, [counts[key] for key in keys]


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise RequestError("spool_id is not the id of a spool") from None
