"""Parts of files as sources of statements: a branch for those with the same columns of attributes, since conditions differ by these,
another one for those that a range cuts, and one for each of which the plan leaves but some rows: from these DuckDB skips row groups and
pages.

DuckDB sets memory aside for each branch before it reads anything, so that one statement has but some of them.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from logmesh.lake.reading.conditions import Conditions
from logmesh.lake.store.catalog import KnownFile
from logmesh.lake.store.left import RowRanges
from logmesh.lake.store.plan import Plan, are_few
from logmesh.store.time_range import ANY_TIME, TimeRange

WHOLE_RECORDS: Final = 8
"""Branches of a statement that finds records with all of their columns: of 12 none fits into 64 MiB, and of 32 into 192."""
VALUES: Final = 32
"""Branches of one that finds a few columns, of which twice as many are too much."""
_LESS_THAN_A_BRANCH: Final = 131_072
"""Records whose times are compared in less time than another branch takes, which is a millisecond."""


class Alike(NamedTuple):
    """Files of one branch, read within a range; None: they have no record outside of it. Of `rows` there are some where others can't
    match."""

    span: TimeRange | None
    files: Sequence[KnownFile]
    rows: RowRanges | None = None


class Branch(NamedTuple):
    """A part of a statement: its `source`, behind FROM, who writes conditions for its files, and whether its rows are few; see
    `Alike`."""

    source: str
    span: TimeRange | None
    to: Conditions
    rows: RowRanges | None = None
    are_few: bool = False

    def within(self) -> str:
        """The condition that a record is in the range, and among the rows."""
        parts = []
        if self.span is not None:
            start, end = self.to.bind(self.span.start_unix_nano), self.to.bind(self.span.end_unix_nano)
            parts.append(f"time >= {start} AND time < {end}")
        if self.rows is not None:
            rows = " OR ".join(f"file_row_number BETWEEN {first} AND {last}" for first, last in self.rows)
            parts.append(f"({rows})")
        return " AND ".join(parts) or "true"


def alike(plan: Plan, parts: Mapping[TimeRange, Sequence[KnownFile]], most: int) -> Iterator[list[Alike]]:
    """What is to be read of files by range, up to `most` branches at once. Nothing where there are no files."""
    found: list[Alike] = []
    for span, files in parts.items():
        whole: list[KnownFile] = []
        for file in files:
            if (rows := plan.rows(file)) is None:
                whole.append(file)
            else:
                found.append(Alike(None if _is_inside(file, span) else span, [file], rows))
        found += of_whole(whole, span)
    return at_once(found, most)


def of_whole(files: Sequence[KnownFile], span: TimeRange = ANY_TIME) -> list[Alike]:
    """The branches of files of which no rows are left out."""
    by_columns: defaultdict[object, list[KnownFile]] = defaultdict(list)
    for file in files:
        by_columns[tuple((key, kind, others == 0) for key, kind, others in file.columns)].append(file)
    return [one for mine in by_columns.values() for one in _cut(mine, span)]


def _cut(files: Sequence[KnownFile], span: TimeRange) -> Iterator[Alike]:
    """Files that a range cuts, and those that it has whole: to compare the times of a million records takes as long as to group them by
    an attribute, but of some it takes less than a branch of their own does."""
    inside = [file for file in files if _is_inside(file, span)]
    cut = [file for file in files if not _is_inside(file, span)]
    if cut and sum(file.rows for file in inside) <= _LESS_THAN_A_BRANCH:
        inside, cut = [], list(files)
    if inside:
        yield Alike(None, inside)
    if cut:
        yield Alike(span, cut)


def _is_inside(file: KnownFile, span: TimeRange) -> bool:
    return span.start_unix_nano <= file.min_time and file.max_time < span.end_unix_nano


def at_once(found: Sequence[Alike], most: int) -> Iterator[list[Alike]]:
    """Up to `most` branches at a time."""
    for first in range(0, len(found), most):
        yield list(found[first : first + most])


def branches(to: Conditions, some: Sequence[Alike]) -> list[Branch]:
    """The branches of a statement whose parameters are those of `to`."""
    found = []
    for span, files, rows in some:
        paths = to.bind([file.stored.path for file in files])
        source = f"read_parquet({paths}{'' if rows is None else ', file_row_number = true'})"
        found.append(Branch(source, span, to.over(files[0].columns), rows, are_few(rows, files[0])))
    return found


def files_of(some: Sequence[Alike]) -> list[KnownFile]:
    """Their files, each once."""
    return list({file.stored: file for one in some for file in one.files}.values())
