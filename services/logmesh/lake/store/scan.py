"""Parts of files as sources of a statement: a branch for those with the same columns of attributes, since conditions differ by these,
and one for each of which the plan leaves but some rows: from these DuckDB skips row groups and pages.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from logmesh.lake.reading.conditions import Conditions
from logmesh.lake.store.catalog import KnownFile
from logmesh.lake.store.plan import Plan, RowRanges
from logmesh.store.time_range import TimeRange


class Branch(NamedTuple):
    """Files that one part of a statement reads within a range: its `source`, behind FROM, and who writes conditions for these files.
    Of `rows` there are some where others can't match."""

    source: str
    span: TimeRange
    to: Conditions
    rows: RowRanges | None = None

    def within(self) -> str:
        """The condition that a record is in the range, and among the rows."""
        start, end = self.to.bind(self.span.start_unix_nano), self.to.bind(self.span.end_unix_nano)
        times = f"time >= {start} AND time < {end}"
        if self.rows is None:
            return times
        rows = " OR ".join(f"file_row_number BETWEEN {first} AND {last}" for first, last in self.rows)
        return f"{times} AND ({rows})"


def branches(to: Conditions, plan: Plan, parts: Mapping[TimeRange, Sequence[KnownFile]]) -> list[Branch]:
    """The branches of a statement whose parameters are those of `to`."""
    found = []
    for span, files in parts.items():
        alike: defaultdict[object, list[KnownFile]] = defaultdict(list)
        for file in files:
            if (rows := plan.rows(file)) is None:
                alike[tuple((key, kind, others == 0) for key, kind, others in file.columns)].append(file)
            else:
                source = f"read_parquet({to.bind(file.stored.path)}, file_row_number = true)"
                found.append(Branch(source, span, to.over(file.columns), rows))
        for mine in alike.values():
            paths = to.bind([file.stored.path for file in mine])
            found.append(Branch(f"read_parquet({paths})", span, to.over(mine[0].columns)))
    return found
