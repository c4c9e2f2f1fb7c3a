"""Which attributes get columns of their own, by a sample of records: those that save most of the text."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import orjson

from logmesh.lake.attribute_columns import AttributeColumn, Kind
from logmesh.lake.schema import ROW_GROUP_ROWS, ColumnLayout

_LEAST_SHARE: Final = 0.02
"""Of the records that must have the key."""
_SAME_KIND: Final = 0.5
"""Of its values that must be of the column's kind."""
_MOST_INT: Final = 10**18

Object = dict[str, Any]


class Chosen(NamedTuple):
    """An attribute that gets a column."""

    key: str
    layout: ColumnLayout


def kind_of(value: Any) -> Kind | None:
    """The kind of column that says this value, None for one that no column does."""
    if isinstance(value, str):
        return "text" if _is_plain(value) else None
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if -_MOST_INT < value < _MOST_INT else None
    return None


def choose(objects: Sequence[Object], most: int) -> list[Chosen]:
    """The attributes of a sample that get columns, `most` of them, in the order that most records have them in."""
    saved: Counter[tuple[str, Kind]] = Counter()
    had: Counter[str] = Counter()
    fitting: Counter[tuple[str, Kind]] = Counter()
    for each in objects:
        for key, value in each.items():
            had[key] += 1
            if (kind := kind_of(value)) is not None:
                saved[key, kind] += len(key) + len(str(value)) + 4
                fitting[key, kind] += 1
    chosen: dict[str, Kind] = {}
    for (key, kind), _ in saved.most_common():
        enough = max(_LEAST_SHARE * len(objects), _SAME_KIND * had[key])
        if len(chosen) < most and fitting[key, kind] >= enough and key not in chosen and _can_spell(key):
            chosen[key] = kind
    return lay_out(objects, [(key, chosen[key]) for key in _in_order(objects, chosen)])


def unite(lists: Iterable[Sequence[AttributeColumn]], objects: Sequence[Object], most: int) -> list[Chosen]:
    """The columns of a file that is merged of files with these: all of them or, by a sample of records, the `most` frequent."""
    known = list(dict.fromkeys(tuple((key, kind) for key, kind, _ in columns) for columns in lists))
    if len(known) == 1 and len(known[0]) <= most:
        return lay_out(objects, known[0])
    wanted = {key: kind for columns in reversed(known) for key, kind in columns}
    had = Counter(key for each in objects for key in each if key in wanted)
    kept = sorted(wanted, key=lambda key: -had[key])[:most]
    return lay_out(objects, [(key, wanted[key]) for key in _in_order(objects, kept)])


def lay_out(objects: Sequence[Object], keys: Iterable[tuple[str, Kind]]) -> list[Chosen]:
    """The same keys, with about how many different values a row group has of each."""
    return [
        Chosen(
            key,
            ColumnLayout(
                kind, _distinct([each[key] for each in objects if kind_of(each.get(key)) == kind], len(objects))
            ),
        )
        for key, kind in keys
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
    return key.isprintable() and bool(key) and _is_plain(key)


def _is_plain(text: str) -> bool:
    """Whether JSON writes it as it is."""
    return len(orjson.dumps(text)) == len(text.encode()) + 2
