"""How statements about the matches of a range begin."""

from functools import partial

from logmesh.filters import compile_sql
from logmesh.filters.ast import Node
from logmesh.rows.records import to_timestamp
from logmesh.storage.statement import Statement
from logmesh.store.time_range import TimeRange


def over_matches(name: str, node: Node, span: TimeRange, **values: object) -> Statement:
    """Begin a statement by the one of that name, given a filter's `condition`, the range's ends, and `values`."""
    statement = Statement()
    condition = statement.compile(partial(compile_sql, node))
    (start, start_ns), (end, end_ns) = to_timestamp(span.start_unix_nano), to_timestamp(span.end_unix_nano)
    return statement.add(name, condition=condition, start=start, start_ns=start_ns, end=end, end_ns=end_ns, **values)
