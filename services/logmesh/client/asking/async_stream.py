"""A stream of answers that is read while its reader is busy, and waiting for an event; `sync_stream` is the same for threads."""

import asyncio
import contextlib
from asyncio import Event
from typing import Any, Final, Generic, TypeVar

import grpc
from grpc.aio import Metadata

from logmesh.client.channel import END_OF_STREAM

__all__ = ["AsyncStream", "Event", "wait_until"]

A = TypeVar("A")

UNBOUNDED: Final = 1 << 30


class AsyncStream(Generic[A]):
    """The answers of a call, which is under way from the beginning and until `cancel`."""

    def __init__(self, call: Any, ahead: int = UNBOUNDED) -> None:
        """At most `ahead` answers wait here: then the server is told to wait."""
        self._call = call
        self._answers: asyncio.Queue[A | Exception | None] = asyncio.Queue()
        self._room = asyncio.Semaphore(ahead)
        self._cancelled = False
        self._taking = asyncio.create_task(self._take())

    async def read(self, seconds: float | None = None) -> A | None:
        """The next answer, None at the end, and from then on. Raises TimeoutError after so many seconds, and what ended the call."""
        async with asyncio.timeout(seconds):
            answer = await self._answers.get()
        self._room.release()
        if answer is None or isinstance(answer, Exception):
            self._answers.put_nowait(answer)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def cancel(self) -> None:
        """End the call; who waits for an answer gets the end. Nothing is left to end where the event loop was closed."""
        if not self._taking.get_loop().is_closed():
            self._cancelled = True
            self._call.cancel()
            self._taking.cancel()
            # A task that is cancelled before its first step runs no line of its own.
            self._answers.put_nowait(None)

    async def _take(self) -> None:
        end: Exception | None = None
        try:
            while await self._room.acquire() and (answer := await self._call.read()) is not END_OF_STREAM:
                if answer is None:  # gRPC has noted in its log that it could not decode it
                    self._call.cancel()
                    end = _error(grpc.StatusCode.INTERNAL, "an answer can't be decoded")
                    break
                self._answers.put_nowait(answer)
        except asyncio.CancelledError:
            if not self._cancelled:  # then the channel was closed, which threads get as an error of gRPC, too
                end = _error(grpc.StatusCode.CANCELLED, "the client was closed")
            raise
        except Exception as error:  # noqa: BLE001  # it is the reader's
            end = error
        finally:
            self._answers.put_nowait(end)


def _error(code: grpc.StatusCode, details: str) -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(code, Metadata(), Metadata(), details, None)


async def wait_until(event: Event, seconds: float) -> None:
    """Wait until it is set, for so many seconds at most."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
