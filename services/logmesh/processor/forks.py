"""Batches that were refused because another batch has their number, counted until the ledger has noted them."""

from collections import Counter

import asyncpg

from logmesh.storage.ledger import SpoolKey, note_forks


class Forks:
    """Counts by spool. What is not noted yet is lost with the process; the producer says it, too."""

    def __init__(self) -> None:
        self._counts: Counter[SpoolKey] = Counter()

    def add(self, key: SpoolKey) -> None:
        """One more of this spool."""
        self._counts[key] += 1

    async def note(self, pool: "asyncpg.Pool") -> None:
        """Have the ledger note them. Raises what asyncpg raises; the next call tries again then."""
        if self._counts:
            noted = self._counts.copy()
            await note_forks(pool, noted)
            self._counts -= noted
