"""A stream of answers that is read while its reader is busy, and waiting for an event; `async_stream` is the same for asyncio.

An iterator of gRPC can neither be waited for with a limit nor be read ahead, so each has a thread.
"""

import queue
import threading
from threading import Event
from typing import Any, Final, Generic, TypeVar

__all__ = ["Event", "Stream", "wait_until"]

A = TypeVar("A")

UNBOUNDED: Final = 1 << 30


class Stream(Generic[A]):
    """The answers of a call, which is under way from the beginning and until `cancel`."""

    def __init__(self, call: Any, ahead: int = UNBOUNDED) -> None:
        """At most `ahead` answers wait here: then the server is told to wait."""
        self._call = call
        self._answers: queue.SimpleQueue[A | Exception | None] = queue.SimpleQueue()
        self._room = threading.Semaphore(ahead)
        threading.Thread(target=self._take, name="logmesh-stream", daemon=True).start()

    def read(self, seconds: float | None = None) -> A | None:
        """The next answer, None at the end, and from then on. Raises TimeoutError after so many seconds, and what ended the call."""
        try:
            answer = self._answers.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError from None
        self._room.release()
        if answer is None or isinstance(answer, Exception):
            self._answers.put(answer)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def cancel(self) -> None:
        """End the call; who waits for an answer gets the end, or grpc.RpcError."""
        self._call.cancel()
        self._room.release()

    def _take(self) -> None:
        end: Exception | None = None
        try:
            while self._room.acquire() and (answer := next(self._call, None)) is not None:
                self._answers.put(answer)
        except Exception as error:  # noqa: BLE001  # it is the reader's
            end = error
        finally:
            self._answers.put(end)


def wait_until(event: Event, seconds: float) -> None:
    """Wait until it is set, for so many seconds at most."""
    event.wait(seconds)
