"""The credit window of one Append stream: what was sent and is not yet logged. Pure; knows nothing of streams."""

from collections.abc import Iterable


class Window:
    """Bounds unlogged batches and bytes to what the processor's Welcome granted.

    A completed write is not an acknowledgement: proxies and servers buffer megabytes. Only this limits them.
    """

    def __init__(self, credit_batches: int, credit_bytes: int) -> None:
        self._credit_batches, self._credit_bytes = max(1, credit_batches), credit_bytes
        self._sizes: dict[int, int] = {}
        self._bytes = 0

    def has_room(self, size: int) -> bool:
        """Whether a batch of `size` bytes may be sent; one may always, so that no batch is too large for the window."""
        if not self._sizes:
            return True
        return len(self._sizes) < self._credit_batches and self._bytes + size <= self._credit_bytes

    def sent(self, seq: int, size: int) -> None:
        """A batch went out."""
        self._sizes[seq] = size
        self._bytes += size

    def logged(self, ranges: Iterable[tuple[int, int]]) -> None:
        """Batches were acknowledged as durable; their credit returns. Ranges may hold more than was sent here."""
        for first, last in ranges:
            if last - first >= len(self._sizes):
                for seq in [seq for seq in self._sizes if first <= seq <= last]:
                    self.returned(seq)
            else:
                for seq in range(first, last + 1):
                    self.returned(seq)

    def returned(self, seq: int) -> None:
        """One batch's credit returns, because it was logged or refused."""
        self._bytes -= self._sizes.pop(seq, 0)

    def __len__(self) -> int:
        """Batches sent and not yet logged."""
        return len(self._sizes)
