"""How large a group may be and how long its flush may take: learnt from what the database did with the last ones. Pure."""

from dataclasses import dataclass

LEAST_SHARE = 1 / 1024
_MOST_SECONDS = 120.0


@dataclass(slots=True)
class Pace:
    """`rows` and `size` (bytes) are what a group may have when all is well, `seconds` what its flush then may take."""

    rows: int
    size: int
    seconds: float
    share: float = 1.0
    """Part of a full group that the next ones are."""
    patience: float = 1.0
    """How many times longer than `seconds` a flush may take that can't be made smaller."""

    def most(self) -> tuple[int, int]:
        """Rows and bytes of the next group."""
        return max(1, int(self.rows * self.share)), max(1, int(self.size * self.share))

    def deadline(self) -> float:
        """Seconds that the next flush may take."""
        return min(self.seconds * self.patience, _MOST_SECONDS)

    def missed(self, batches: int) -> None:
        """A flush of so many batches was not done in time: smaller ones from now on; a single batch can only be given longer."""
        self.share = max(self.share / 2, LEAST_SHARE)
        if batches == 1:
            self.patience *= 2

    def kept(self, seconds: float) -> None:
        """A flush was done in `seconds`."""
        if seconds < self.seconds:
            self.patience = 1.0
        if seconds * 4 < self.seconds:
            self.share = min(1.0, self.share * 2)
