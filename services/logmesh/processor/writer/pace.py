"""How large a group may be and how long its flush may take: learnt from what the database did with the last ones. Pure."""

from dataclasses import dataclass, field

_MOST_SECONDS = 120.0


@dataclass(slots=True)
class Pace:
    """`rows` and `size` (bytes in the log) are what a group may have when all is well, `seconds` what its flush then may take."""

    rows: int
    size: int
    seconds: float
    patience: float = 1.0
    """How many times longer than `seconds` a flush may take that can't be made smaller."""
    _rows: int = field(init=False)
    _size: int = field(init=False)

    def __post_init__(self) -> None:
        self._rows, self._size = self.rows, self.size

    def most(self) -> tuple[int, int]:
        """Rows and bytes of the next group."""
        return self._rows, self._size

    def deadline(self) -> float:
        """Seconds that the next flush may take."""
        return min(self.seconds * self.patience, _MOST_SECONDS)

    def missed(self, batches: int, rows: int, size: int) -> None:
        """A flush of so much was not done in time: at most half of it from now on. A single batch can only be given longer."""
        self._rows, self._size = max(1, min(self._rows, rows // 2)), max(1, min(self._size, size // 2))
        if batches == 1:
            self.patience *= 2

    def kept(self, seconds: float) -> None:
        """A flush was done in `seconds`."""
        if seconds < self.seconds:
            self.patience = 1.0
        if seconds * 4 < self.seconds:
            self._rows, self._size = min(self.rows, self._rows * 2), min(self.size, self._size * 2)
