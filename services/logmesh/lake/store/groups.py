"""Matches by their values and how many they are, from files and from rows: what all figures are made of.

Rows are grouped by PostgreSQL, and their groups handed to the statement that groups what is in files. So each figure is one statement
over `grouped`, wherever the records are.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import asyncpg

from logmesh.filters import compile_sql
from logmesh.filters.ast import Node
from logmesh.lake.reading.conditions import Conditions
from logmesh.lake.store.asking import AsksLake, statement_over
from logmesh.lake.store.catalog import KnownFile
from logmesh.rows.records import to_timestamp
from logmesh.storage.statement import Expression, Statement
from logmesh.store.time_range import TimeRange

InRows = Callable[[int], tuple[str, list[object]]]
"""Writes an expression for PostgreSQL, its parameters numbered from this one on."""


@dataclass(frozen=True, slots=True)
class Value:
    """One of the values that records are grouped by: as PostgreSQL, and as DuckDB says it; `kind` is its type in DuckDB."""

    in_rows: InRows
    in_files: Callable[[Conditions], str]
    kind: str = "VARCHAR"


def column_value(name: str, kind: str = "VARCHAR", *, as_text: bool = False) -> Value:
    """A column that both have, as it is or as a text."""
    sql = f"{name}::text" if as_text else name
    return Value(lambda _: (sql, []), lambda _: sql, kind)


class GroupsInLake(AsksLake):
    """Groups matches."""

    async def grouped(
        self,
        tenant: str,
        node: Node,
        span: TimeRange,
        values: Sequence[Value],
        sql: Callable[[Conditions], str],
        *,
        seconds: float,
        newest: int | None = None,
    ) -> list[Any]:
        """Rows of a statement over `grouped`: columns `v0`, `v1`, … of the values, `records`, and `oldest`, the time of the oldest of
        these. A group may be there more than once. Of the `newest` matches alone where that is a number. Raises StoreError."""

        async def answer(files: list[KnownFile], hot: list[Any]) -> list[Any]:
            if not files and not hot:
                return []
            to = Conditions()
            grouped = _grouped(to, node, span, values, files, hot, newest)
            statement = f"WITH grouped AS ({grouped}) {sql(to)}"
            table = await self._lake.workers.fetch(statement_over(files, statement, to))
            return list(zip(*(column.to_pylist() for column in table.columns), strict=True))

        return await self.ask(tenant, node, span, seconds, _hot(node, span, values, newest), answer)


def _hot(
    node: Node, span: TimeRange, values: Sequence[Value], newest: int | None
) -> "Callable[[asyncpg.pool.PoolConnectionProxy], Awaitable[list[Any]]]":
    """Reads the groups of rows; of the newest records one by one, with their places first."""

    async def read(connection: "asyncpg.pool.PoolConnectionProxy") -> list[Any]:
        statement = Statement()
        condition = statement.compile(partial(compile_sql, node))
        (start, start_ns), (end, end_ns) = to_timestamp(span.start_unix_nano), to_timestamp(span.end_unix_nano)
        statement.add("from_hot", condition=condition, start=start, start_ns=start_ns, end=end, end_ns=end_ns)
        listed = Expression(", ".join(statement.compile(value.in_rows).sql for value in values))
        if newest is None:
            places = Expression(", ".join(str(place + 1) for place in range(len(values))))
            statement.add("count_hot", values=listed, places=places)
        else:
            statement.add("list_hot_values", values=listed, most=newest)
        return list(await connection.fetch(statement.sql, *statement.parameters))

    return read


def _grouped(
    to: Conditions,
    node: Node,
    span: TimeRange,
    values: Sequence[Value],
    files: Sequence[KnownFile],
    hot: Sequence[Any],
    newest: int | None,
) -> str:
    names = [f"v{place}" for place in range(len(values))]
    kinds = [value.kind for value in values]
    columns = [*names, "records", "oldest"] if newest is None else ["time", "spool", "position", *names]
    types = [*kinds, "BIGINT", "BIGINT"] if newest is None else ["BIGINT", "BIGINT", "BIGINT", *kinds]
    parts = []
    if files:
        source = to.bind([file.stored.path for file in files])
        listed = ", ".join(f"{value.in_files(to)} AS {name}" for name, value in zip(names, values, strict=True))
        times = f"time >= {to.bind(span.start_unix_nano)} AND time < {to.bind(span.end_unix_nano)}"
        matching = f"FROM read_parquet({source}) WHERE {times} AND {to.condition(node)}"
        if newest is None:
            parts.append(f"SELECT {listed}, count(*) AS records, min(time) AS oldest {matching} GROUP BY ALL")
        else:
            parts.append(f"SELECT time, spool, position, {listed} {matching}")
    if hot:
        lists = zip(columns, types, zip(*hot, strict=True), strict=True)
        unnested = ", ".join(f"unnest({to.bind(list(given))}::{kind}[]) AS {name}" for name, kind, given in lists)
        parts.append(f"SELECT {unnested}")
    everything = " UNION ALL ".join(parts)
    if newest is None:
        return everything
    order = "ORDER BY time DESC, spool DESC, position DESC"
    ordered = f"SELECT * FROM ({everything}) {order} LIMIT {to.bind(newest)}"
    return f"SELECT {', '.join(names)}, count(*) AS records, min(time) AS oldest FROM ({ordered}) GROUP BY ALL"
