"""Origins by number, remembered: rows of the cache name what produced them by number only."""

from collections import OrderedDict
from collections.abc import Collection
from typing import Final, NamedTuple

import asyncpg

from logmesh.storage.sql import load

_MOST: Final = 5_000
_GOOD_SECONDS: Final = 300.0
"""As long as a row of the cache is: in a database that was restored, a number may mean another origin."""


class Origin(NamedTuple):
    """What produced records. `resource` is the text of a JSON object."""

    service: str
    instance: str
    resource: str
    scope_name: str
    scope_version: str
    extra: str | None = None


class Origins:
    """The origins that were asked for last, of each tenant apart, `most` of them."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._known: OrderedDict[tuple[str, int], tuple[float, Origin]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def known(self, tenant: str, numbers: Collection[int], now: float) -> dict[int, Origin]:
        """Those of `numbers` that need not be looked up at `now` in seconds."""
        known: dict[int, Origin] = {}
        for number in numbers:
            since, origin = self._known.get((tenant, number), (0.0, None))
            if origin is not None and now - since < _GOOD_SECONDS:
                self._known.move_to_end((tenant, number))
                known[number] = origin
        return known

    async def resolve(
        self, connection: "asyncpg.pool.PoolConnectionProxy", tenant: str, numbers: Collection[int], now: float
    ) -> dict[int, Origin]:
        """The origins of `numbers` at `now` in seconds; those that the tenant doesn't have are left out.

        The connection is a reading one of that tenant. Raises what asyncpg raises.
        """
        resolved = self.known(tenant, numbers, now)
        missing = [number for number in numbers if number not in resolved]
        if missing:
            for number, *values in await connection.fetch(load("list_origins"), missing):
                resolved[number] = Origin(*values)
                self._known[tenant, number] = (now, resolved[number])
                self._known.move_to_end((tenant, number))
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return resolved
