"""What walks through the rooms: batches that were gathered together."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from logmesh.processor.frame import Unwritten
from logmesh.processor.writer.prepare import Prepared
from logmesh.processor.writer.resolve import Numbers


@dataclass(slots=True)
class Part:
    """Batches for one flush, prepared with what `numbers` knew."""

    numbers: Numbers
    batches: list[tuple[Unwritten, Prepared]]

    def prepared(self) -> list[Prepared]:
        """All of it, for the flush."""
        return [prepared for _, prepared in self.batches]

    def weight(self) -> tuple[int, int]:
        """Rows and bytes of all of it, as a flush sends them."""
        return sum([prepared.rows for _, prepared in self.batches]), sum([each.size() for _, each in self.batches])

    def cut(self, batches: int) -> "Part":
        """Keep so many batches, the first ones, and return the others."""
        rest = Part(self.numbers, self.batches[batches:])
        del self.batches[batches:]
        return rest


@dataclass(slots=True)
class Group:
    """A group from gather to settle: all batches that wait in it, and the parts of it that are prepared, in the same order."""

    waits: deque[Unwritten]
    parts: deque[Part] = field(default_factory=deque)

    def store_first(self, batches: Sequence[Unwritten]) -> None:
        """A flush of their own for these, the first ones of the only part. Some of them, or of the others, may be gone by now."""
        (part,) = self.parts
        apart = {unwritten.ref for unwritten in batches}
        if 0 < (count := sum([unwritten.ref in apart for unwritten, _ in part.batches])) < len(part.batches):
            self.parts.append(part.cut(count))

    def drop(self, batches: Sequence[Unwritten]) -> None:
        """These wait no longer; cheap for the first ones."""
        for unwritten in batches:
            if self.waits[0] is unwritten:
                self.waits.popleft()
            else:
                self.waits.remove(unwritten)

    def give_back(self, batches: Sequence[Unwritten]) -> None:
        """These, the last ones, wait elsewhere."""
        for _ in batches:
            self.waits.pop()
