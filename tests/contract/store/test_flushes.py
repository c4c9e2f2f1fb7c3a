"""What flushes stored, in the order of storing: what a tail is shown that no processor has told."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any

import asyncpg
import pyarrow as pa
import pytest
from tests.contract.store.asked import MINUTE, SECOND, SECONDS, bodies, record
from tests.contract.store.stores import Kept

from logmesh.filters import parse_filter
from logmesh.lake.reading.statement import Statement
from logmesh.lake.reading.workers import Workers
from logmesh.live.offer import Span
from logmesh.store.flushes import Flush, StoredAt, StoredPart

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLENTY = 1 << 20


async def stored(
    kept: Kept,
    flushes: Sequence[Flush],
    text: str = "",
    *,
    after: StoredAt = StoredAt(),  # noqa: B008  # a value
    most: int = 100,
    max_bytes: int = PLENTY,
    tenant: str = "default",
) -> StoredPart:
    return await kept.store.stored(
        tenant, parse_filter(text), flushes, after, most, max_bytes=max_bytes, seconds=SECONDS
    )


def shown(part: StoredPart) -> list[str]:
    return bodies(one for _, one in part.records)


async def test_records_come_in_the_order_of_storing_whatever_their_times(kept: Kept) -> None:
    first = await kept.put(record(SECOND, "a"), record(30 * MINUTE, "b"), spool=2)
    second = await kept.put(record(MINUTE, "c"), record(1, "d"))
    part = await stored(kept, [first, second])
    assert (shown(part), part.whole) == (["a", "b", "c", "d"], True)
    places = [place for place, _ in part.records]
    assert places == sorted(places)
    assert [(place.received, place.spool, place.position) for place in places] == [
        (first.received, 2, 0), (first.received, 2, 1), (second.received, 1, 0), (second.received, 1, 1),
    ]  # fmt: skip
    assert shown(await stored(kept, [second])) == ["c", "d"]


async def test_parts_go_on_behind_each_other(kept: Kept) -> None:
    flush = await kept.put(*(record(n, str(n)) for n in range(1, 8)))
    found, after = list[str](), StoredAt()
    while True:
        part = await stored(kept, [flush], after=after, most=3)
        found += shown(part)
        if part.whole:
            break
        after = part.records[-1][0]
    assert found == [str(n) for n in range(1, 8)]


async def test_only_what_is_asked_for_is_read(kept: Kept) -> None:
    flush = await kept.put(*(record(n, str(n)) for n in range(6)))
    assert shown(await stored(kept, [flush._replace(spans=[Span(1, 1, 2), Span(1, 5, 5)])])) == ["1", "2", "5"]
    assert shown(await stored(kept, [flush], 'body = "3"')) == ["3"]
    assert await stored(kept, [flush], "nowhere") == StoredPart([], whole=True)
    assert shown(await stored(kept, [flush], tenant="acme")) == []


async def test_a_part_is_bounded_in_bytes_and_never_empty_for_it(kept: Kept) -> None:
    flush = await kept.put(*(record(n, "x" * 10_000) for n in range(1, 20)))
    part = await stored(kept, [flush], max_bytes=35_000)
    assert 1 < len(part.records) < 6
    assert not part.whole
    part = await stored(kept, [flush], max_bytes=1)
    assert (len(part.records), part.whole) == (1, False)


async def test_parts_that_are_bounded_in_bytes_go_on_behind_each_other(kept: Kept) -> None:
    sizes = [1, 9_000, 20, 40_000, 3, 3, 12_000, 12_000, 12_000, 5, 70_000, 1, 30_000, 2]
    made = [record(n, f"{n:03}" + "x" * size) for n, size in enumerate(sizes, 1)]
    flushes = [await kept.put(*made[:9]), await kept.put(*made[9:], spool=2)]
    found, after, parts = list[str](), StoredAt(), 0
    while True:
        part = await stored(kept, flushes, after=after, max_bytes=25_000)
        found, parts = found + shown(part), parts + 1
        if part.whole:
            break
        after = part.records[-1][0]
    assert found == bodies(made)
    assert parts >= 5


async def test_no_more_is_read_than_a_part_may_give(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    flush = await kept.put(*(record(n, "x" * 100_000) for n in range(1, 46)))
    fetch, run = asyncpg.Connection.fetch, Workers.run
    from_rows, from_files = list[int](), list[int]()

    async def watched_fetch(connection: asyncpg.Connection, *arguments: Any, **limits: Any) -> list[Any]:
        rows: list[Any] = await fetch(connection, *arguments, **limits)
        from_rows.extend(len(row["body"]) for row in rows if "body" in row)
        return rows

    async def watched_run(workers: Workers, statement: Statement) -> AsyncGenerator[pa.RecordBatch, None]:
        async for batch in run(workers, statement):
            from_files.append(batch.nbytes)
            yield batch

    monkeypatch.setattr(asyncpg.Connection, "fetch", watched_fetch)
    monkeypatch.setattr(Workers, "run", watched_run)
    part = await stored(kept, [flush], max_bytes=250_000)
    assert (len(part.records) in (2, 3), part.whole) == (True, False)
    assert 0 < sum(from_rows) <= 300_000 * kept.stores
    assert sum(from_files) <= 400_000
