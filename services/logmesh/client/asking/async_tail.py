"""`AsyncTail`: `Tail` for asyncio."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self

import grpc

from logmesh.client.asking.following import SILENCE_SECONDS, Following, Gap
from logmesh.client.channel import END_OF_STREAM
from logmesh.client.errors import ConnectionFailed
from logmesh.client.failures import from_rpc
from logmesh.client.record import Record


class AsyncTail:
    """As `Tail`; cancelling the task that iterates ends it as well."""

    def __init__(self, stub: Any, following: Following, target: str, metadata: tuple[tuple[str, str], ...]) -> None:
        """Use `AsyncClient.tail`."""
        self._stub, self._following, self._target, self._metadata = stub, following, target, metadata
        self._call: Any = None
        self._closed = asyncio.Event()
        self._items = self._follow()

    @property
    def resume_token(self) -> str:
        """See `Tail.resume_token`."""
        return self._following.resume_token

    @property
    def received(self) -> int:
        """See `Tail.received`."""
        return self._following.received

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Record | Gap:
        """See `Tail.__next__`."""
        return await anext(self._items)

    async def close(self) -> None:
        """See `Tail.close`."""
        self._closed.set()
        if self._call is not None:
            self._call.cancel()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def _follow(self) -> AsyncIterator[Record | Gap]:
        try:
            while not self._closed.is_set():
                error: grpc.RpcError | None = None
                self._call = self._stub.Tail(self._following.request(), metadata=self._metadata)
                try:
                    while (answer := await self._read()) is not END_OF_STREAM:
                        for item in self._following.take(answer):
                            yield item
                except grpc.RpcError as ended:
                    error = ended
                except asyncio.CancelledError:
                    if not self._closed.is_set():  # otherwise it is `close` that has cancelled the call
                        raise
                if self._closed.is_set():
                    return
                pause = self._following.pause(None if error is None else error.code())
                if pause is None and error is None:
                    raise ConnectionFailed(f"{self._target} has ended the tail")
                if pause is None and error is not None:
                    raise from_rpc(error, self._target) from error
                self._call.cancel()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._closed.wait()
        finally:
            if self._call is not None:
                self._call.cancel()

    async def _read(self) -> Any:
        """The next answer; silence is the end."""
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                return await self._call.read()
        except TimeoutError:
            return END_OF_STREAM
