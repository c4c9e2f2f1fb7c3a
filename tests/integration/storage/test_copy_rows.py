"""COPY rows hold what they were made of: written to a real table and read back."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import product

import asyncpg
import numpy as np
import orjson
import pytest
from tests.conftest import Database

from logmesh.storage.copy_rows import COLUMNS, COPY_HEADER, COPY_TRAILER, copy_rows, join_rows, origin_tail
from logmesh.storage.migrate import migrate

NOW = datetime.now(UTC).replace(microsecond=123_456)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Both ids, one, the other, none, in every order of two neighbours.
IDS = [pair for first, second in product(product((0, 1), repeat=2), repeat=2) for pair in (first, second)]


@pytest.mark.parametrize("columns", ["both", "trace", "span", "neither"])
async def test_rows_come_back_as_they_were_whatever_ids_they_have(database: Database, columns: str) -> None:
    count = len(IDS)
    has_trace = [bool(trace) and columns in ("both", "trace") for trace, _ in IDS]
    has_span = [bool(span) and columns in ("both", "span") for _, span in IDS]
    traces = [bytes([at + 1] * 16) if has_trace[at] else bytes(16) for at in range(count)]
    spans = [bytes([200 + at] * 8) if has_span[at] else bytes(8) for at in range(count)]
    bodies = [("é" * at).encode() for at in range(count)]
    attributes = [orjson.dumps({"at": at}) if at % 3 else b"" for at in range(count)]
    nanoseconds = [(NOW - EPOCH) // timedelta(microseconds=1) * 1_000 + at for at in range(count)]
    rows = copy_rows(
        times=np.array(nanoseconds, np.int64),
        positions=np.arange(count, dtype=np.int64) + (1 << 62),
        spool=1 << 40,
        origins=np.arange(count) + (1 << 33),
        severities=np.arange(count, dtype=np.uint8) % 25,
        trace_ids=b"".join(traces) if columns in ("both", "trace") else b"",
        span_ids=b"".join(spans) if columns in ("both", "span") else b"",
        bodies=bodies,
        attributes=attributes,
        tails=[
            origin_tail(
                b"default",
                b"service",
                b"WARN" if at % 2 else b"",
                (1 << 63) - 1 if at % 5 == 0 else None,
                b'{"flags":1}' if at % 4 == 0 else b"",
            )
            for at in range(count)
        ],
    )
    connection = await asyncpg.connect(database.owner_dsn, server_settings={"timezone": "UTC"})
    try:
        await migrate(connection)
        source = _once(COPY_HEADER + join_rows(rows) + COPY_TRAILER)
        await connection.copy_to_table("logs", schema_name="logmesh", columns=COLUMNS, format="binary", source=source)
        found = await connection.fetch("SELECT * FROM logmesh.logs ORDER BY position")
    finally:
        await connection.close()
    assert len(found) == count
    for at, row in enumerate(found):
        assert (row["trace_id"].bytes if row["trace_id"] else bytes(16)) == traces[at]
        assert (row["span_id"] or 0).to_bytes(8, "big", signed=True) == spans[at]
        assert (row["span_id"] is None) == (not has_span[at])
        assert (row["time"], row["ns"]) == (NOW, at)
        assert (row["position"], row["spool"], row["origin"]) == ((1 << 62) + at, 1 << 40, (1 << 33) + at)
        assert (row["severity"], row["severity_text"]) == (at % 25, "WARN" if at % 2 else None)
        assert (row["tenant"], row["service"], row["body"]) == ("default", "service", bodies[at].decode())
        assert row["attributes"] is None if at % 3 == 0 else orjson.loads(row["attributes"]) == {"at": at}
        assert row["extra"] == ('{"flags": 1}' if at % 4 == 0 else None)
        assert row["original_time_unix_nano"] == ((1 << 63) - 1 if at % 5 == 0 else None)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
