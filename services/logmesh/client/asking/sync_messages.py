# Made from async_messages.py by `make blocking-client`: change that one.
"""`Messages`: the messages that come in answers, one by one."""

from collections import deque
from collections.abc import Callable
from typing import Generic, Self, TypeVar

M = TypeVar("M")


class Messages(Generic[M]):
    """Takes from `came`, which `more` adds to; False from it is the end.

    What is known of the answers is kept by `more`. So a wait that is interrupted, by a time limit or Ctrl-C, ends nothing and loses
    nothing: the next one goes on. A generator would be over.
    """

    def __init__(self, more: Callable[[], bool], came: deque[M]) -> None:
        self._more, self._came = more, came

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> M:
        while not self._came:
            if not self._more():
                raise StopIteration
        return self._came.popleft()
