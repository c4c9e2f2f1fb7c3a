"""How large a group may be and how long its flush may take: learnt from what the database did with the last ones. Pure.

A flush costs the database something whatever is in it, and something for each row and byte. The larger a group, the less the first
matters; but all that comes in meanwhile waits for it. So a group's own part may take as long as the fixed one, or as
long as batches are gathered anyway. A line of samples tells the two apart, where groups were of different sizes. Of a size that was
not tried of late nothing is known: groups grow to it step by step.
"""

from dataclasses import dataclass, field

_MOST_SECONDS = 120.0
_LEAST_PART = 1 / 64
_FIRST_PART = 1 / 16
"""Of the largest group: what the first may be, and again the next when there was no large one for a while."""
_LITTLE = 1 / 4
"""Beside a whole group, or its flush."""
_FADES = 0.9
"""What a sample weighs after the next one."""
_SPREAD = 0.1
"""Of sizes, by their mean: with less of it they tell nothing of what size costs."""


@dataclass(slots=True)
class _Costs:
    """Seconds of a flush: `fixed`, and `whole` more for the largest group. The newest samples weigh most."""

    fixed: float = 0.0
    whole: float = 0.0
    are_told_apart: bool = False
    """Whether sizes were so different that the two are known, and not only their sum."""
    _count: float = 0.0
    _parts: float = 0.0
    _seconds: float = 0.0
    _squares: float = 0.0
    _products: float = 0.0

    def learn(self, part: float, seconds: float) -> None:
        """A flush of this part of the largest group took so long."""
        self._count = self._count * _FADES + 1
        self._parts = self._parts * _FADES + part
        self._seconds = self._seconds * _FADES + seconds
        self._squares = self._squares * _FADES + part * part
        self._products = self._products * _FADES + part * seconds
        part, seconds = self._parts / self._count, self._seconds / self._count
        variance = self._squares / self._count - part * part
        self.are_told_apart = variance > (_SPREAD * part) ** 2
        if self.are_told_apart:
            slope = (self._products / self._count - part * seconds) / variance
            self.fixed = min(seconds, max(0.0, seconds - slope * part))
        else:
            # What was learnt of the fixed part is believed less and less; without it groups shrink, and it is learnt anew.
            self.fixed = min(self.fixed * _FADES, seconds)
        self.whole = (seconds - self.fixed) / part

    def part_within(self, seconds: float) -> float:
        """What part of the largest group costs so much beyond what is fixed."""
        return seconds / self.whole if self.whole > 0 else 1.0


@dataclass(slots=True)
class Pace:
    """`rows` and `size` (bytes in the log) are what a group may have when all is well, `seconds` what its flush then may take at
    most, `aim` what it should."""

    rows: int
    size: int
    seconds: float
    aim: float
    patience: float = 1.0
    """How many times longer than `seconds` a flush may take that can't be made smaller."""
    _part: float = _FIRST_PART
    """Of the largest group."""
    _costs: _Costs = field(default_factory=_Costs)
    _little_seconds: float = 0.0
    """What flushes of little took of late."""

    def most(self) -> tuple[int, int]:
        """Rows and bytes of the next group."""
        return max(1, int(self.rows * self._part)), max(1, int(self.size * self._part))

    def deadline(self) -> float:
        """Seconds that the next flush may take."""
        return min(self.seconds * self.patience, _MOST_SECONDS)

    def is_slow(self, rows: int, size: int) -> bool:
        """Whether a flush of so much takes long for what is in it, and one of little beside it is quick, or may be."""
        own = self._costs.whole * self._of_whole(rows, size)
        return self._costs.whole > self.aim and self._little_seconds < own * _LITTLE

    def expected(self, rows: int, size: int) -> float:
        """Seconds that a flush of so much should take; 0 while nothing is known."""
        return self._costs.fixed + self._costs.whole * self._of_whole(rows, size)

    def missed(self, batches: int, rows: int, size: int) -> None:
        """A flush of so much was not done in time: at most half of it from now on. A single batch can only be given longer."""
        self._part = min(self._part, self._of_whole(rows, size) / 2)
        if batches == 1:
            self.patience *= 2

    def kept(self, seconds: float, rows: int, size: int) -> None:
        """A flush of so much was done in `seconds`."""
        if seconds < self.seconds:
            self.patience = 1.0
        part = self._of_whole(rows, size)
        if not part:
            return  # all of it was refused: that tells nothing of what rows cost
        self._costs.learn(part, seconds)
        if part < self._part * _LITTLE:  # it says nothing of large ones, and how these were is longer ago
            self._part = min(self._part, max(self._part * _FADES, part / _LITTLE, _FIRST_PART))
            self._little_seconds = (self._little_seconds + seconds) / 2
        else:
            self._little_seconds *= _FADES
            wanted = self._costs.part_within(max(self.aim, self._costs.fixed))
            if not self._costs.are_told_apart and part > self._part * 2 and seconds < self.seconds / 4:
                wanted = part * 2  # each group is a batch that is too large already: only more of them can tell
            least = max(self._part / 2, min(self._part, _LEAST_PART))
            self._part = min(1.0, max(least, min(max(self._part, part * 2), wanted)))

    def _of_whole(self, rows: int, size: int) -> float:
        return max(rows / self.rows, size / self.size)
