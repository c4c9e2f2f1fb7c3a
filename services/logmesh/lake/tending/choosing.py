"""Which attributes get columns of their own, by a sample of records: those that save most of the text."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from logmesh.lake.attribute_columns import AttributeColumn, Kind
from logmesh.lake.schema import ROW_GROUP_ROWS, ColumnLayout

_LEAST_SHARE: Final = 0.02
"""Of the records that must have the key."""
_SAME_KIND: Final = 0.5
"""Of its values that must be of the column's kind."""
_MOST_INT: Final = 10**18
_LEAST_DOUBLE: Final = 1e-4
_MOST_DOUBLE: Final = 1e15
"""Between them everybody writes a double's shortest text the same way, without an exponent."""
_ESCAPED: Final = re.compile('[\x00-\x1f"\\\\]')
"""What JSON doesn't write as it is."""

Object = dict[str, Any]


class Chosen(NamedTuple):
    """An attribute that gets a column."""

    key: str
    layout: ColumnLayout


def kind_of(value: Any) -> Kind | None:
    """The kind of column that says this value, None for one that no column does."""
    if isinstance(value, str):
        return None if _ESCAPED.search(value) else "text"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if -_MOST_INT < value < _MOST_INT else None
    if isinstance(value, float):
        return "double" if value == 0 or _LEAST_DOUBLE <= abs(value) < _MOST_DOUBLE else None
    return None


def choose(objects: Sequence[Object], most: int) -> list[Chosen]:
    """The attributes of a sample that get columns, `most` of them, in the order that most records have them in."""
    had = Counter(key for each in objects for key in each)
    values = _by_kind(objects)
    saved = {(key, kind): sum(len(key) + len(str(value)) + 4 for value in some) for (key, kind), some in values.items()}
    chosen: dict[str, Kind] = {}
    for key, kind in sorted(saved, key=saved.__getitem__, reverse=True):
        enough = max(_LEAST_SHARE * len(objects), _SAME_KIND * had[key])
        if len(chosen) < most and len(values[key, kind]) >= enough and key not in chosen and _can_spell(key):
            chosen[key] = kind
    return _laid_out(objects, values, chosen)


def unite(lists: Iterable[Sequence[AttributeColumn]], objects: Sequence[Object], most: int) -> list[Chosen]:
    """The columns of a file that is merged of files with these: all of them or, by a sample of records, the `most` frequent."""
    known = list(dict.fromkeys(tuple((key, kind) for key, kind, _ in columns) for columns in lists))
    values = _by_kind(objects)
    if len(known) == 1 and len(known[0]) <= most:
        return [Chosen(key, ColumnLayout(kind, _distinct(values[key, kind], len(objects)))) for key, kind in known[0]]
    wanted = {key: kind for columns in reversed(known) for key, kind in columns}
    had = Counter(key for each in objects for key in each if key in wanted)
    return _laid_out(objects, values, {key: wanted[key] for key in sorted(wanted, key=lambda key: -had[key])[:most]})


def _by_kind(objects: Iterable[Object]) -> defaultdict[tuple[str, Kind], list[Any]]:
    values: defaultdict[tuple[str, Kind], list[Any]] = defaultdict(list)
    for each in objects:
        for key, value in each.items():
            if (kind := kind_of(value)) is not None:
                values[key, kind].append(value)
    return values


def _laid_out(
    objects: Sequence[Object], values: Mapping[tuple[str, Kind], Sequence[Any]], keys: Mapping[str, Kind]
) -> list[Chosen]:
    """In the order that most records have them in, with about how many different values a row group has of each."""
    ordered = [(key, keys[key]) for key in _in_order(objects, keys)]
    return [
        Chosen(key, ColumnLayout(kind, _distinct(values.get((key, kind), ()), len(objects)))) for key, kind in ordered
    ]


def _distinct(values: Sequence[Any], objects: int) -> int:
    """Of values of so many records, how many different ones a whole row group may have: those that were seen, and Chao's guess at those
    that were not, by how many came once and twice."""
    seen = Counter(values)
    often = Counter(seen.values())
    all_of_them = len(seen) + often[1] * (often[1] - 1) / (2 * (often[2] + 1))
    drawn = ROW_GROUP_ROWS * len(values) / max(objects, 1)
    return math.ceil(all_of_them * -math.expm1(-drawn / max(all_of_them, 1)))


def _in_order(objects: Sequence[Object], keys: Iterable[str]) -> list[str]:
    """Keys so that few records have two of them the other way round."""
    left = dict.fromkeys(keys)
    before: Counter[tuple[str, str]] = Counter()
    for shape, count in Counter(tuple(key for key in each if key in left) for each in objects).items():
        for at, key in enumerate(shape):
            for later in shape[at + 1 :]:
                before[key, later] += count
    ordered: list[str] = []
    while left:
        first = min(left, key=lambda key: sum(before[other, key] for other in left))
        ordered.append(first)
        del left[first]
    return ordered


def _can_spell(key: str) -> bool:
    """Whether DuckDB has a path to it, and JSON writes it as it is."""
    return key.isprintable() and bool(key) and not _ESCAPED.search(key)
