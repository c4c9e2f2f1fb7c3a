"""What is kept for the next question, up to so many bytes."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(slots=True)
class _Held(Generic[Value]):
    value: Value
    size: int
    question: int
    """The last one that asked for it."""


class Kept(Generic[Key, Value]):
    """Values that never change, by their keys. New ones take the place of those that were asked for longest ago, and never of those
    that the same question asked for: of more than there is room for, each question would find nothing that the one before it has read.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes, self._size, self._questions = most_bytes, 0, 0
        self._held: OrderedDict[Key, _Held[Value]] = OrderedDict()

    def question(self) -> int:
        """A number for one that begins. It gets all that it can before it puts anything."""
        self._questions += 1
        return self._questions

    def get(self, question: int, key: Key) -> Value | None:
        """None where it is not kept."""
        held = self._held.get(key)
        if held is None:
            return None
        held.question = question
        self._held.move_to_end(key)
        return held.value

    def put(self, question: int, key: Key, value: Value, size: int) -> None:
        """Keep a value of so many bytes where there is room. Another question may have put it meanwhile."""
        if key in self._held or size > self._most_bytes:
            return
        while self._size + size > self._most_bytes:
            oldest, held = next(iter(self._held.items()))
            if held.question >= question:
                return
            del self._held[oldest]
            self._size -= held.size
        self._held[key] = _Held(value, size, question)
        self._size += size
