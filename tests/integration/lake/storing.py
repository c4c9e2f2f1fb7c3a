"""Batches stored into the lake as a processor's writer stores them, and all that the lake then has, by its catalog."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import google_crc32c
import pyarrow as pa
import pyarrow.parquet as pq
from tests.batches import encode_batch

from logmesh.journal import FrameRef
from logmesh.lake.attribute_columns import AttributeColumn, attribute_texts, read_columns
from logmesh.lake.folder import path_of
from logmesh.lake.schema import SCHEMA
from logmesh.lake.tending.merge import WAITED_SECONDS
from logmesh.processor.entries import Moment
from logmesh.processor.frame import Header, Unwritten, encode_header
from logmesh.processor.writer.lake import Lake
from logmesh.processor.writer.opened import Opened, open_batch
from logmesh.processor.writer.prepare import Prepared
from logmesh.processor.writer.resolve import Numbers
from logmesh.processor.writer.sort import Branches, Flushed
from logmesh.record.json_text import load_exact_json
from logmesh.storage.ledger import SpoolKey
from logmesh.v1.record_pb2 import LogColumns

Identity = tuple[int, int]
"""Spool and position."""
Known = dict[tuple[int, int], list[dict[str, Any]]]
"""Rows of files that were read before, by number and checksum."""


def now() -> Moment:
    return Moment(time.time_ns())


@dataclass
class Spool:
    """Gives out batches of one spool, numbered from 1 on."""

    tenant: str = "acme"
    spool_id: str = field(default_factory=lambda: str(uuid4()))
    last: int = 0

    def batch(self, columns: LogColumns, seq: int = 0) -> Opened:
        """The next batch, or the one of this number."""
        self.last = max(self.last, seq or self.last + 1)
        header = Header(
            SpoolKey(self.tenant, self.spool_id), seq or self.last, len(columns.bodies), "test", "test", time.time_ns()
        )
        frame = encode_header(header) + encode_batch(header.seq, columns)
        return open_batch(Unwritten(header, FrameRef(0, header.seq, len(frame))), frame)


class Storing:
    """A processor's writer, but for its log: one connection, numbers and what it knows of copies."""

    def __init__(self, connection: asyncpg.Connection, root: Path, owner: str = "log-processor-0") -> None:
        self.connection, self.root = connection, root
        self.lake = Lake(root, owner)
        self.branches = Branches()
        self._numbers = Numbers()

    async def prepared(self, batches: Sequence[Opened]) -> list[Prepared]:
        await self._numbers.resolve(self.connection.fetch, batches, origins=False)
        return self.lake.prepare(batches, now(), strict=False, refused=None)

    async def store(self, *batches: Opened) -> Flushed:
        """One flush."""
        return await self.lake.flush(self.connection, await self.prepared(batches), self.branches)


@dataclass
class Contents:
    """Of all tenants: rows as files have them, by file; hot rows as the view has them; what the ledger says is stored."""

    files: dict[int, list[dict[str, Any]]]
    hot: list[dict[str, Any]]
    stored: int
    catalog: list[dict[str, Any]]

    @property
    def filed(self) -> list[dict[str, Any]]:
        return [row for rows in self.files.values() for row in rows]

    def identities(self) -> Counter[Identity]:
        """How often each record is there."""
        return Counter((row["spool"], row["position"]) for row in [*self.filed, *self.hot])

    def bodies(self) -> Counter[str]:
        return Counter(row["body"] for row in [*self.filed, *self.hot])


async def contents(owner: asyncpg.Connection, root: Path, known: Known | None = None) -> Contents:
    """Read everything by the catalog, in one snapshot; each file by its checksum. Rows of those that are `known` by it are not
    decoded once more."""
    known = {} if known is None else known
    async with owner.transaction(isolation="repeatable_read", readonly=True):
        catalog = [
            dict(row) for row in await owner.fetch("SELECT * FROM logmesh.files WHERE dead_xid IS NULL ORDER BY file")
        ]
        hot = await owner.fetch(
            "SELECT h.*, extract(epoch FROM time)::numeric * 1000000000 + ns AS nano FROM logmesh.hot AS h"
            " JOIN logmesh.generations USING (generation) WHERE sealed_xid IS NULL"
        )
        stored = await owner.fetchval("SELECT coalesce(sum(stored), 0)::bigint FROM logmesh.spools")
    files = {}
    for file in catalog:
        path = path_of(root, file["incarnation"], file["file"])
        content = path.read_bytes()
        assert (len(content), google_crc32c.value(content)) == (file["bytes"], file["crc32c"])
        which = file["file"], file["crc32c"]
        if which not in known:
            known[which] = _rows(pq.read_table(path), read_columns(file["columns"]))
        files[file["file"]] = known[which]
        assert len(files[file["file"]]) == file["rows"]
    return Contents(files, [dict(row) for row in hot], stored, catalog)


async def age_files(owner: asyncpg.Connection) -> None:
    """Let all files that there are have waited for others: few are enough for a merge then."""
    await owner.execute("UPDATE logmesh.files SET checked = now() - make_interval(secs => $1)", 2.0 * WAITED_SECONDS)


async def full_catalog(owner: asyncpg.Connection) -> None:
    """Have the catalog take no more files, as on a full disk, while numbers are still given out."""
    await owner.execute(
        "CREATE FUNCTION pg_temp.full() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE disk_full USING MESSAGE = 'could not extend file'; END $$;"
        "CREATE TRIGGER is_full BEFORE INSERT ON logmesh.files FOR EACH ROW EXECUTE FUNCTION pg_temp.full()"
    )


def _rows(table: pa.Table, columns: Sequence[AttributeColumn]) -> list[dict[str, Any]]:
    texts = attribute_texts(columns, table.columns[len(SCHEMA) :], table["attributes"])
    said = table.select(SCHEMA.names)
    rows: list[dict[str, Any]] = said.set_column(SCHEMA.names.index("attributes"), "attributes", texts).to_pylist()
    return rows


def said(row: dict[str, Any]) -> dict[str, Any]:
    """A row of either kind in one way: but for times that depend on when it was stored, and the order of keys in JSON."""
    said = {
        name: row[name]
        for name in ("severity", "severity_text", "service", "instance", "scope_name", "scope_version", "body")
    }
    said["original"] = row["original_time_unix_nano"]
    for name in ("resource", "attributes", "extra", "origin_extra"):
        said[name] = None if row[name] is None else load_exact_json(row[name].encode())
    trace, span = row["trace_id"], row["span_id"]
    said["trace"] = trace.bytes if hasattr(trace, "bytes") else trace
    said["span"] = span.to_bytes(8, "big", signed=True) if isinstance(span, int) else span
    return said
