"""The ledger as a gateway reads it: entries, sums, facts, and what was acknowledged. Each list in pages, none longer than asked for.

Methods raise the QUERY_FAILURES of `failures`, and PageTokenError or RequestError for a request that can't be answered.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
from google.protobuf.duration_pb2 import Duration

from logmesh.gateway.admission import Room
from logmesh.gateway.facts import advice_on
from logmesh.gateway.list_token import decode_list_token, encode_list_token
from logmesh.gateway.reader import changing, reading
from logmesh.gateway.request import RequestError, read_limit
from logmesh.record.ranges import RangeSet
from logmesh.storage.multirange import from_multirange, to_multirange
from logmesh.storage.sql import load
from logmesh.v1 import pipeline_service_pb2 as pb
from logmesh.v1.ingest_service_pb2 import SeqRange

DEFAULT_PAGE_SIZE: Final = 100
MAX_PAGE_SIZE: Final = 1_000
MAX_RANGES: Final = 100
"""Of one entry's numbers: a spool may have any number of gaps, and a message has a limit."""
MAX_NAME_CHARACTERS: Final = 255
MAX_REASON_CHARACTERS: Final = 1_000
_SECONDS: Final = 5.0
_RUNNING: Final = 4
_WAITING: Final = 64
_NOT_COMMITTED: Final = "-infinity"


@dataclass(frozen=True, slots=True)
class LedgerSums:
    """The ledger in a few figures; see sum_ledger.sql. `lag_seconds` is None when nothing was committed lately."""

    lost: int
    missing: int
    producers: int
    stored: int
    dead_letters: int
    committed: int
    lag_seconds: float | None
    last_commit: datetime | None


class Ledger:
    """The ledger in the database of `pool`, which is the reader's."""

    def __init__(self, pool: "asyncpg.Pool") -> None:
        self._pool = pool
        # Every open page of the dashboard asks every few seconds: searches must keep connections.
        self._room = Room("questions of the ledger", running=_RUNNING, waiting=_WAITING)

    async def entries(self, tenant: str, request: pb.ListLedgerRequest) -> pb.ListLedgerResponse:
        """One entry a spool, the latest first."""
        limit = _page_size(request)
        after = decode_list_token(request.page_token, "ledger", (_place, UUID))
        async with self._room.one(), reading(self._pool, tenant, _SECONDS) as connection:
            rows = await connection.fetch(load("list_ledger"), limit + 1, *after, MAX_RANGES)
        answer = pb.ListLedgerResponse(entries=[_entry(row) for row in rows[:limit]], total=_total(rows))
        if len(rows) > limit:
            last = rows[limit - 1]
            answer.next_page_token = encode_list_token("ledger", (last["place"], last["spool_id"]))
        return answer

    async def sums(self, tenant: str, certain_before_seconds: float | None) -> LedgerSums:
        """The whole, where what was abandoned within the last `certain_before_seconds` is not called lost yet; None: nothing is."""
        async with self._room.one(), reading(self._pool, tenant, _SECONDS) as connection:
            row = await connection.fetchrow(load("sum_ledger"), certain_before_seconds)
        if row is None:
            raise AssertionError("an aggregate has a row")
        return LedgerSums(
            row["lost"], row["missing"], row["producers"], row["stored"], row["dead_letters"], row["committed"],
            row["lag"], row["last_commit"],
        )  # fmt: skip

    async def facts(self, tenant: str, request: pb.ListFactsRequest) -> pb.ListFactsResponse:
        """What nobody has acknowledged, by kind and spool."""
        limit = _page_size(request)
        after = decode_list_token(request.page_token, "facts", (_text, UUID))
        async with self._room.one(), reading(self._pool, tenant, _SECONDS) as connection:
            rows = await connection.fetch(load("list_facts"), limit + 1, *after, MAX_RANGES)
        answer = pb.ListFactsResponse(facts=[_fact(row) for row in rows[:limit]], total=_total(rows))
        if len(rows) > limit:
            last = rows[limit - 1]
            answer.next_page_token = encode_list_token("facts", (last["kind"], last["spool_id"]))
        return answer

    async def acknowledge(self, tenant: str, request: pb.AcknowledgeFactsRequest, who: str) -> int:
        """Note that `who` has seen these facts; how many batches that are, without those that were acknowledged before."""
        reason = request.reason.strip()
        if not 1 <= len(reason) <= MAX_REASON_CHARACTERS or "\0" in reason:
            raise RequestError(f"reason must have 1 to {MAX_REASON_CHARACTERS} characters")
        if len(who) > MAX_NAME_CHARACTERS or "\0" in who:
            raise RequestError(f"by must have at most {MAX_NAME_CHARACTERS} characters")
        if not 1 <= len(request.facts) <= MAX_PAGE_SIZE:
            raise RequestError(f"facts are {len(request.facts)}; 1 to {MAX_PAGE_SIZE} are allowed")
        columns = _columns(request)
        async with self._room.one(), changing(self._pool, tenant, _SECONDS) as connection:
            return int(await connection.fetchval(load("acknowledge"), *columns, who, reason))

    async def acknowledgements(
        self, tenant: str, request: pb.ListAcknowledgementsRequest
    ) -> pb.ListAcknowledgementsResponse:
        """Who acknowledged what, when and why, the latest first."""
        limit = _page_size(request)
        after = decode_list_token(request.page_token, "acknowledgements", (_number,))
        async with self._room.one(), reading(self._pool, tenant, _SECONDS) as connection:
            rows = await connection.fetch(load("list_acknowledgements"), limit + 1, *after, MAX_RANGES)
        answer = pb.ListAcknowledgementsResponse(acknowledgements=[_acknowledgement(row) for row in rows[:limit]])
        if len(rows) > limit:
            answer.next_page_token = encode_list_token("acknowledgements", (rows[limit - 1]["acknowledgement"],))
        return answer


def _columns(request: pb.AcknowledgeFactsRequest) -> tuple[list[str], list[str], list[str], list[int]]:
    """Each fact once: kinds, ids of spools, numbers, how many batches."""
    numbers: dict[tuple[str, str], RangeSet] = {}
    counts: dict[tuple[str, str], int] = {}
    for fact in request.facts:
        key = _text(fact.kind), _uuid(fact.spool_id)
        found = numbers.setdefault(key, RangeSet())
        for part in fact.numbers:
            if not 1 <= part.first <= part.last < 1 << 62:
                raise RequestError(f"{part.first} to {part.last} is no range of numbers")
            found.add(part.first, part.last)
        counts[key] = max(counts.get(key, 0), min(fact.batches, 1 << 62))
    keys = list(numbers)
    texts = [to_multirange(numbers[key]) for key in keys]
    return [kind for kind, _ in keys], [spool for _, spool in keys], texts, [counts[key] for key in keys]


def _entry(row: Any) -> pb.LedgerEntry:
    """A row of list_ledger.sql: what was received of 1 to `last_seq`, and which ranges of it were not."""
    entry = pb.LedgerEntry(
        spool_id=row["spool_id"],
        producer=row["producer"],
        last_seq=row["last_seq"],
        missing=_ranges(row["missing"]),
        lost=_ranges(row["abandoned"]),
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


def _fact(row: Any) -> pb.Fact:
    fact = pb.Fact(
        kind=row["kind"],
        spool_id=row["spool_id"],
        producer=row["producer"],
        batches=row["batches"],
        numbers=_ranges(row["numbers"]),
        advice=advice_on(row["kind"]),
    )
    if row["since"] is not None:
        fact.since.FromDatetime(row["since"])
    return fact


def _acknowledgement(row: Any) -> pb.Acknowledgement:
    found = pb.Acknowledgement(
        kind=row["kind"],
        spool_id=row["spool_id"],
        producer=row["producer"],
        batches=row["batches"],
        numbers=_ranges(row["numbers"]),
        by=row["who"],
        reason=row["reason"],
    )
    found.time.FromDatetime(row["made"])
    return found


def to_duration(seconds: float) -> Duration:
    """As answers carry it."""
    duration = Duration()
    duration.FromNanoseconds(int(seconds * 1e9))
    return duration


def _ranges(text: str) -> list[SeqRange]:
    return [SeqRange(first=first, last=last) for first, last in from_multirange(text)]


def _total(rows: list[Any]) -> int:
    """How many rows there are on all pages; a page behind the last one can't say, and says 0."""
    return int(rows[0]["total"]) if rows else 0


def _page_size(request: pb.ListLedgerRequest | pb.ListFactsRequest | pb.ListAcknowledgementsRequest) -> int:
    return read_limit("page_size", request.page_size, default=DEFAULT_PAGE_SIZE, most=MAX_PAGE_SIZE)


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise RequestError("spool_id is not the id of a spool") from None


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise RequestError("kind is not the name of a kind")
    return value


def _place(value: Any) -> str:
    return value if value == _NOT_COMMITTED else datetime.fromisoformat(value).isoformat()


def _number(value: Any) -> int:
    if not isinstance(value, int) or not 0 <= value < 1 << 62:
        raise ValueError(value)
    return value
