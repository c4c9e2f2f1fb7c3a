"""What records have: keys, and values of a field."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from logmesh.filters.ast import EVERYTHING, Path
from logmesh.filters.fields import Column, Field
from logmesh.lake.store.asking import answering
from logmesh.lake.store.groups import GroupsInLake
from logmesh.lake.store.values import ATTRIBUTES, RESOURCE, SEVERITY_TEXT, Value, field_value
from logmesh.record.json_text import load_json
from logmesh.store.time_range import TimeRange

_LOOKED_AT: Final = 2_000
"""Newest records whose attributes are looked at."""
_MOST_CHARACTERS: Final = 200
_TEXTS: Final = {"attributes": ATTRIBUTES, "resource": RESOURCE}
_COUNTED: Final = "SELECT v0, sum(records)::BIGINT FROM grouped GROUP BY v0"


class CompletionOfLake(GroupsInLake):
    """What a filter may be completed by."""

    async def count_some(self, tenant: str, span: TimeRange, most: int, *, seconds: float) -> int:
        """See Store."""
        counted = await self._count(tenant, SEVERITY_TEXT, span, seconds)
        return min(most, counted.total())

    async def keys(
        self, tenant: str, column: str, typed: str, most: int, *, span: TimeRange, newest: TimeRange, seconds: float
    ) -> Sequence[tuple[str, str]]:
        """See Store."""
        found: Counter[tuple[str, str]] = Counter()
        async with answering(seconds):
            for name, of_span, limit in (("attributes", newest, _LOOKED_AT), ("resource", span, None)):
                if column in ("", name):
                    texts = await self._count(tenant, _TEXTS[name], of_span, seconds, newest=limit)
                    for text, records in texts.items():
                        for key in _keys(load_json(text.encode()) if text else {}, name == "attributes"):
                            found[name, key] += records
        return [(name, key) for name, key in _fitting(found, typed, most, lambda named: named[1])]

    async def values(
        self, tenant: str, field: Sequence[str], typed: str, most: int, *, span: TimeRange, seconds: float
    ) -> Sequence[tuple[str, int]]:
        """See Store."""
        column, *steps = field
        newest = _LOOKED_AT if column == "attributes" else None
        if column == "severity":
            value = SEVERITY_TEXT
        else:
            asked: Field
            if column == "attributes":
                asked = Path("attributes", tuple(steps))
            elif column == "resource":
                asked = Path("resource", tuple(steps))
            else:
                asked = Column("service" if column == "service" else "instance")
            value = field_value(asked)
        found = await self._count(tenant, value, span, seconds, newest=newest)
        return [(text, found[text]) for text in _fitting(found, typed, most, str)]

    async def _count(
        self, tenant: str, value: Value, span: TimeRange, seconds: float, *, newest: int | None = None
    ) -> "Counter[Any]":
        """How many records of a range, or of its newest, have each value; none where they have none."""
        found: Counter[Any] = Counter()
        if newest is None:
            table = await self.groups(tenant, EVERYTHING, span, [value], seconds=seconds)
            rows: Iterable[tuple[Any, int]] = zip(table["v0"].to_pylist(), table["records"].to_pylist(), strict=True)
        else:
            rows = await self.grouped(
                tenant, EVERYTHING, span, [value], lambda _: _COUNTED, seconds=seconds, newest=newest
            )
        for text, records in rows:
            if text is not None:
                found[text] += records
        return found


def _keys(value: Any, within: bool) -> Iterator[str]:
    """Keys of an object; those of objects in it, too, where `within`."""
    for key, one in value.items():
        yield key
        if within and isinstance(one, dict):
            yield from (f"{key}.{inner}" for inner in one)


def _fitting(found: "Counter[Any]", typed: str, most: int, text_of: Any) -> list[Any]:
    """Those that contain what was typed, whatever the case: such as begin with it first, then the most frequent."""
    typed = typed.lower()

    def place(one: Any) -> tuple[bool, int, Any]:
        return not text_of(one).lower().startswith(typed), -found[one], one

    return sorted(
        (one for one in found if typed in text_of(one).lower() and len(text_of(one)) <= _MOST_CHARACTERS), key=place
    )[:most]
