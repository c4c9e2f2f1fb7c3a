"""Batches into files of one tenant each, with what the catalog says of them, and the others into hot rows.

A file of one record would take 5 kB and 1.5 ms, and a thousand tenants with a record a second each would make a thousand of them;
so only what is worth it becomes a file.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from logmesh.lake import bloom, counts, trigrams
from logmesh.lake.attribute_columns import write_columns
from logmesh.lake.folder import path_of, sync_folder, unlink_all
from logmesh.lake.layout import Places, numbers_of, services_of, trace_ids_of
from logmesh.lake.writing.columns import Checked, Clock, Columns
from logmesh.lake.writing.file import Footer, WithColumns, write_file
from logmesh.lake.writing.hot_rows import hot_rows

FILE_ROWS: Final = 5_000
FILE_BYTES: Final = 1 << 20
"""Of one tenant in a flush: so many rows, or so many bytes, are worth a file."""
_DAY_NANO: Final = 86_400 * 10**9
_MINUTE_NANO: Final = 60 * 10**9
MAX_TRACES: Final = 1 << 17
"""So many traces have a filter in the catalog; of a file with more, its own say it."""


class NoNumberLeft(Exception):
    """More numbers must be given out: all that there were are used, or have files already."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that is written, as the catalog says it: times in nanoseconds, `newest` the latest of them and of the times of receipt."""

    file: int
    tenant: str
    level: int
    min_time: int
    max_time: int
    newest: int
    rows: int
    size: int
    crc32c: int
    counts: bytes
    traces: bytes | None
    columns: bytes
    trigrams: bytes | None


@dataclass(slots=True)
class Filed:
    """What became of a group: `files` on the disk, COPY data of `hot_rows` rows of the batches `hot`, and by tenant the first and the
    last minute since 1970 of its records."""

    files: list[NewFile] = field(default_factory=list)
    hot: list[Checked] = field(default_factory=list)
    hot_data: bytes = b""
    minutes: dict[str, tuple[int, int]] = field(default_factory=dict)


def split(batches: Iterable[Checked]) -> tuple[dict[str, list[Checked]], list[Checked]]:
    """Batches by tenant of those tenants that have enough for a file, and the others'."""
    of_tenant: dict[str, list[Checked]] = {}
    for batch in batches:
        of_tenant.setdefault(batch.tenant, []).append(batch)
    large = {
        tenant: mine
        for tenant, mine in of_tenant.items()
        if sum([len(batch.kept.bodies) for batch in mine]) >= FILE_ROWS or sum([batch.size for batch in mine]) >= FILE_BYTES
    }  # fmt: skip
    return large, [batch for tenant, mine in of_tenant.items() if tenant not in large for batch in mine]


def file_batches(batches: Sequence[Checked], root: Path, incarnation: str, numbers: deque[int], clock: Clock) -> Filed:
    """Write the files of a group, durable with their names. Takes `numbers` from the left.

    Blocking. Raises NoNumberLeft, and OSError; then nothing is left on the disk, as far as the disk allows.
    """
    large, hot = split(batches)
    filed, paths = Filed(hot=hot), []
    try:
        for tenant, mine in large.items():
            columns = Columns(mine, clock)
            footer = Footer(tenant, incarnation)
            for row_groups in _parts(columns, clock):
                filed.files.append(file_tables(map(columns.table, row_groups), footer, root, numbers))
                paths.append(path_of(root, incarnation, filed.files[-1].file))
        for folder in {path.parent for path in paths}:
            sync_folder(folder)
    except BaseException:
        unlink_all(paths)
        raise
    spans = [(file.tenant, file.min_time, file.max_time) for file in filed.files]
    if hot:
        columns = Columns(hot, clock)
        filed.hot_data = hot_rows(columns)
        spans += columns.spans()
    filed.minutes = _minutes(spans)
    return filed


def _minutes(spans: Iterable[tuple[str, int, int]]) -> dict[str, tuple[int, int]]:
    """Of times by tenant, its first and its last minute."""
    minutes: dict[str, tuple[int, int]] = {}
    for tenant, begin, end in spans:
        first, last = begin // _MINUTE_NANO, end // _MINUTE_NANO
        known = minutes.get(tenant, (first, last))
        minutes[tenant] = min(known[0], first), max(known[1], last)
    return minutes


def _parts(columns: Columns, clock: Clock) -> Iterator[list[Places]]:
    """The row groups of each file: what is older than a day has one of its own, for one old record would have every question about
    its time open the file."""
    old = columns.times < clock.latest - _DAY_NANO
    if old.any() and not old.all():
        yield columns.row_groups(np.flatnonzero(old))
        yield columns.row_groups(np.flatnonzero(~old))
    else:
        yield columns.row_groups()


def file_tables(
    tables: Iterable[pa.Table],
    footer: Footer,
    root: Path,
    numbers: deque[int],
    *,
    traces: int | None = None,
    attributes: WithColumns | None = None,
) -> NewFile:
    """Write tables, one a row group and one at least, in a file's order under the first of `numbers` that has no file yet; see
    `write_file`. Row groups have about so many `traces`; without, all tables are in memory at once, and that is looked up.

    Blocking. Raises NoNumberLeft and OSError.
    """
    seen = _Seen(merged=footer.level > 0)
    passing = seen.passing(tables)
    if traces is None:
        passing = iter(list(passing))
        traces = max(map(len, seen.traces))
    while True:
        if not numbers:
            raise NoNumberLeft
        file = numbers.popleft()
        try:
            written = write_file(path_of(root, footer.incarnation, file), passing, footer, traces, attributes)
        except FileExistsError:  # of a database that was put back: it gives out its numbers once more
            continue
        return NewFile(
            file,
            footer.tenant,
            footer.level,
            min(seen.oldest),
            max(seen.latest),
            max(*seen.latest, *seen.received),
            sum(seen.rows),
            written.size,
            written.crc32c,
            counts.pack(counts.add(seen.counts)),
            seen.filter(),
            write_columns(attributes.columns if attributes else ()),
            trigrams.pack(seen.trigrams, seen.rows) if seen.merged else None,
        )


class _Seen:
    """What the catalog says of tables that pass. What bodies have of trigrams is looked up where a file is `merged`: one of a flush
    lives for minutes."""

    def __init__(self, *, merged: bool) -> None:
        self.merged = merged
        self.rows: list[int] = []
        self.oldest: list[int] = []
        self.latest: list[int] = []
        self.received: list[int] = []
        self.counts: list[counts.Counts] = []
        self.traces: list[Any] = []  # as `bloom.keys_of` them
        self.trigrams: list[trigrams.Seen] = []

    def passing(self, tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
        for table in tables:
            times = numbers_of(table, "time")
            names, services = services_of(table)
            self.rows.append(len(table))
            self.oldest.append(int(times.min()))
            self.latest.append(int(times.max()))
            self.received.append(int(numbers_of(table, "received").max()))
            self.counts.append(counts.count(times, services, numbers_of(table, "severity"), names))
            self.traces.append(bloom.keys_of(trace_ids_of(table)))
            if self.merged:
                self.trigrams.append(trigrams.seen_in(table["body"]))
            yield table

    def filter(self) -> bytes | None:
        keys = self.traces[0] if len(self.traces) == 1 else np.unique(np.concatenate(self.traces))
        return bloom.build(keys) if len(keys) <= MAX_TRACES else None
