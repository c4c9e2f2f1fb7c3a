"""Who has how much that is not in the database yet: in line for the log, or in it. Pure."""

from collections import Counter

from logmesh.storage.ledger import SpoolKey

_LITTLE = 1 / 8


class Shares:
    """Bytes of batches by spool, from when they are taken until they are settled."""

    def __init__(self) -> None:
        self._bytes = Counter[SpoolKey]()

    def add(self, key: SpoolKey, size: int) -> None:
        """A batch of so many bytes is to be stored."""
        self._bytes[key] += size

    def remove(self, key: SpoolKey, size: int) -> None:
        """It waits no longer."""
        self._bytes[key] -= size
        if self._bytes[key] <= 0:
            del self._bytes[key]

    def is_large(self, key: SpoolKey, more: int, log_bytes: int) -> bool:
        """Whether a spool that brings so many bytes more has a good part of what each could have of a log of `log_bytes`. All that
        have less, together, have no more than that part of it."""
        spools = len(self._bytes) + (key not in self._bytes)
        return (self._bytes.get(key, 0) + more) * spools > log_bytes * _LITTLE
