"""Matches by their values and how many they are, from files, from rows and from what the catalog knows: what all figures are made of.

Rows are grouped by PostgreSQL, and what the catalog knows by itself is never read. Where these must be ranked with what is in files,
they are handed to the statement that groups that, as is what statements before it found, where there are many kinds of files. So each
figure is one statement over `grouped` at most, wherever the records are.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final

import asyncpg
import pyarrow as pa

from logmesh.filters import compile_sql
from logmesh.filters.ast import Node
from logmesh.lake.reading.conditions import Conditions
from logmesh.lake.store.asking import AsksLake, statement_over
from logmesh.lake.store.catalog import KnownFile
from logmesh.lake.store.known import TYPES, known
from logmesh.lake.store.plan import Plan
from logmesh.lake.store.scan import VALUES, Alike, Branch, alike, branches, files_of
from logmesh.lake.store.values import Value
from logmesh.rows.records import to_timestamp
from logmesh.storage.statement import Expression, Statement
from logmesh.store.time_range import TimeRange

_NEWEST_FIRST: Final = "ORDER BY time DESC, spool DESC, position DESC"


class GroupsInLake(AsksLake):
    """Groups matches."""

    async def groups(
        self, tenant: str, node: Node, span: TimeRange, values: Sequence[Value], *, seconds: float
    ) -> pa.Table:
        """Columns `v0`, `v1`, … of the values, and `records`. A group may be there more than once. No file is opened for what the
        catalog knows. Raises StoreError."""
        plan = Plan(node)

        async def answer(files: list[KnownFile], hot: pa.Table) -> pa.Table:
            found = known(plan, files, span, values)
            read = [await self._groups(some, plan.node, values) for some in alike(plan, found.unread, VALUES)]
            return _joined(hot, *found.groups, *read)

        return await self.ask(tenant, plan, span, seconds, _hot(node, span, values, None), answer)

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
        """Rows of a statement over `grouped`, which has the columns and rows that `groups` gives; or, where it is of the `newest`
        matches alone, `oldest` as well, the time of a group's oldest. Raises StoreError."""
        plan = Plan(node)

        async def answer(files: list[KnownFile], hot: pa.Table) -> list[Any]:
            given, unread = hot, {span: files}
            if newest is None:
                found = known(plan, files, span, values)
                given, unread = _joined(hot, *found.groups), found.unread
            *earlier, last = [*alike(plan, unread, VALUES)] or [[]]
            for some in earlier:
                if newest is None:
                    given = _joined(given, await self._groups(some, node, values))
                else:
                    given = _joined(given, await self._newest(some, node, values, newest))
            if not last and not len(given):
                return []
            to = Conditions()
            parts = ["SELECT * FROM given"] if len(given) else []
            if newest is None:
                grouped = " UNION ALL ".join([*_in_files(to, last, node, values), *parts])
            else:
                matches = _newest(to, [*_values_in_files(to, last, node, values), *parts], newest)
                names = ", ".join(f"v{place}" for place in range(len(values)))
                grouped = f"SELECT {names}, count(*) AS records, min(time) AS oldest FROM ({matches}) GROUP BY ALL"
            statement = f"WITH grouped AS ({grouped}) {sql(to)}"
            table = await self._lake.workers.fetch(statement_over(files_of(last), statement, to, given))
            return list(zip(*(column.to_pylist() for column in table.columns), strict=True))

        return await self.ask(tenant, plan, span, seconds, _hot(node, span, values, newest), answer)

    async def _groups(self, some: Sequence[Alike], node: Node, values: Sequence[Value]) -> pa.Table:
        to = Conditions()
        sql = " UNION ALL ".join(_in_files(to, some, node, values))
        return await self._lake.workers.fetch(statement_over(files_of(some), sql, to))

    async def _newest(self, some: Sequence[Alike], node: Node, values: Sequence[Value], most: int) -> pa.Table:
        to = Conditions()
        sql = _newest(to, _values_in_files(to, some, node, values), most)
        return await self._lake.workers.fetch(statement_over(files_of(some), sql, to))


def _joined(first: pa.Table, *tables: pa.Table) -> pa.Table:
    return pa.concat_tables([first, *(table.cast(first.schema) for table in tables)])


def _hot(
    node: Node, span: TimeRange, values: Sequence[Value], newest: int | None
) -> "Callable[[asyncpg.pool.PoolConnectionProxy], Awaitable[pa.Table]]":
    """Reads the groups of rows; of the newest records one by one, with their places first."""
    kinds = [TYPES[value.kind] for value in values]
    names = [f"v{place}" for place in range(len(values))]
    if newest is None:
        types = dict(zip([*names, "records"], [*kinds, pa.int64()], strict=True))
    else:
        types = {name: pa.int64() for name in ("time", "spool", "position")} | dict(zip(names, kinds, strict=True))

    async def read(connection: "asyncpg.pool.PoolConnectionProxy") -> pa.Table:
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
        rows = await connection.fetch(statement.sql, *statement.parameters)
        columns = zip(*rows, strict=True) if rows else [()] * len(types)
        arrays = [pa.array(column, kind) for column, kind in zip(columns, types.values(), strict=True)]
        return pa.table(arrays, names=list(types))

    return read


def _in_files(to: Conditions, some: Sequence[Alike], node: Node, values: Sequence[Value]) -> list[str]:
    """Groups of matches in parts of files."""
    return [
        f"SELECT {_listed(branch.to, values)}, count(*) AS records {_matching(branch, node)} GROUP BY ALL"
        for branch in branches(to, some)
    ]


def _values_in_files(to: Conditions, some: Sequence[Alike], node: Node, values: Sequence[Value]) -> list[str]:
    """Places and values of the matches in parts of files."""
    return [
        f"SELECT time, spool, position, {_listed(branch.to, values)} {_matching(branch, node)}"
        for branch in branches(to, some)
    ]


def _listed(to: Conditions, values: Sequence[Value]) -> str:
    return ", ".join(f"{value.in_files(to)} AS v{place}" for place, value in enumerate(values))


def _matching(branch: Branch, node: Node) -> str:
    return f"FROM {branch.source} WHERE {branch.within()} AND {branch.to.condition(node)}"


def _newest(to: Conditions, parts: Sequence[str], most: int) -> str:
    """The newest of some matches."""
    return f"SELECT * FROM ({' UNION ALL '.join(parts)}) {_NEWEST_FIRST} LIMIT {to.bind(most)}"
