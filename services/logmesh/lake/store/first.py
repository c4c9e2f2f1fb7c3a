"""Statements that find the first matches of some files: whole records, or only where they are."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from logmesh.lake.reading.conditions import Conditions
from logmesh.lake.reading.statement import Statement
from logmesh.lake.store.asking import statement_over
from logmesh.lake.store.places import Place, condition_of
from logmesh.lake.store.records import columns, face, members_of
from logmesh.lake.store.scan import Alike, Branch, branches, files_of
from logmesh.lake.store.wanted import Wanted

_PLACE: Final = "time, spool, position, filename, file_row_number"


def records_of_all(wanted: Wanted, some: Sequence[Alike], places: Sequence[Place] = ()) -> Statement:
    """Reads all matches, in order: for where they are known to be few, or where their places are known. To look for the first of them
    would cost as much again."""
    to = Conditions()
    # To look at ids as well takes longer: the few others that are at such times and rows are left out when they have been read.
    wanted = replace(wanted, ids=()) if places else wanted
    there = f" AND {condition_of(places)}" if places else ""
    parts = [
        f"SELECT {read} FROM {branch.source} WHERE {branch.within()} AND {_condition(branch.to, wanted)}{there}"
        for branch, read in _read(to, wanted, some)
    ]
    sql = f"SELECT * FROM ({' UNION ALL '.join(parts)}) {_order(wanted)}"
    return statement_over(files_of(some), sql, to, threads=1)


def records_of_trace(wanted: Wanted, some: Sequence[Alike]) -> Statement:
    """The same, where a file's index of pages says nothing of where matches are."""
    return replace(records_of_all(wanted, some), reads_ahead=True)


def records_of_first(wanted: Wanted, some: Sequence[Alike]) -> Statement:
    """Reads the first matches. Each branch finds its own first ones: of all together, all columns of all would be read."""
    to = Conditions()
    most = to.bind(wanted.most)
    parts = [
        f"(SELECT {read} FROM {branch.source}"
        f" WHERE {branch.within()} AND {_condition(branch.to, wanted)}"
        # Of few rows all columns are read at once: with the sum, DuckDB does not find the first ones before it reads them again.
        f" {_order(wanted, 'time + 0' if branch.are_few else 'time')} LIMIT {most})"
        for branch, read in _read(to, wanted, some)
    ]
    sql = parts[0] if len(parts) == 1 else f"SELECT * FROM ({' UNION ALL '.join(parts)}) {_order(wanted)} LIMIT {most}"
    return statement_over(files_of(some), sql, to)


def places_of_first(wanted: Wanted, some: Sequence[Alike]) -> Statement:
    """Finds where the first matches are, in order, with their files' paths and their rows in these."""
    to = Conditions()
    parts = [
        f"SELECT {_PLACE} FROM {branch.source} WHERE {branch.within()} AND {_condition(branch.to, wanted)}"
        for branch in branches(to, some)
    ]
    # As above, nothing is read twice.
    first = f"{_order(wanted, 'time + 0')} LIMIT {to.bind(wanted.most)}"
    return statement_over(files_of(some), f"SELECT * FROM ({' UNION ALL '.join(parts)}) {first}", to)


def _read(to: Conditions, wanted: Wanted, some: Sequence[Alike]) -> Iterator[tuple[Branch, str]]:
    """By branch what is read of a record."""
    members, characters = members_of(some), wanted.characters
    for branch in branches(to, some):
        yield branch, columns(branch.to, members) if characters is None else face(branch.to, characters)


def _order(wanted: Wanted, time: str = "time") -> str:
    sign = " DESC" if wanted.newest_first else ""
    return f"ORDER BY {time}{sign}, spool{sign}, position{sign}"


def _condition(to: Conditions, wanted: Wanted) -> str:
    parts = []
    for place, sign in ((wanted.low, ">"), (wanted.high, "<")):
        if place.spool >= 0:
            time, spool, position = map(to.bind, (place.unix_nano, place.spool, place.position))
            beside = f"spool {sign} {spool} OR spool = {spool} AND position {sign} {position}"
            parts.append(f"(time {sign} {time} OR time = {time} AND ({beside}))")
    if wanted.ids:
        pairs = ", ".join(f"({to.bind(spool)}, {to.bind(position)})" for spool, position in wanted.ids)
        parts.append(f"(spool, position) IN ({pairs})")
        parts.append(f"position IN ({', '.join(to.bind(position) for _, position in wanted.ids)})")
    return " AND ".join([*parts, to.condition(wanted.node)])
