"""A live tail as an iterator that goes on by itself after broken connections."""

import math
import threading
import time
import weakref
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

import grpc

from logmesh.client.asking.following import SILENCE_SECONDS, Following, Gap
from logmesh.client.errors import ConnectionFailed
from logmesh.client.failures import from_rpc
from logmesh.client.record import Record
from logmesh.v1.tail_service_pb2_grpc import TailServiceStub


class Tail:
    """Yields `Record`, and `Gap` where records had to be left out; ends when `close` is called, from any thread.

        with client.tail("severity >= ERROR") as tail:
            for item in tail:
                print(item)

    `resume_token` is where it stands: give it to another tail of the same filter and nothing in between is missed.
    """

    def __init__(
        self, stub: TailServiceStub, following: Following, target: str, metadata: tuple[tuple[str, str], ...]
    ) -> None:
        """Use `Client.tail`."""
        self._stub, self._following, self._target, self._metadata = stub, following, target, metadata
        self._call: Any = None
        self._heard_at = time.monotonic()
        self._silent = False
        self._closed = threading.Event()
        self._items = self._follow()

    @property
    def resume_token(self) -> str:
        """Where the tail stands; empty before the first answer."""
        return self._following.resume_token

    @property
    def received(self) -> int:
        """Records that the servers have looked at since the last connection."""
        return self._following.received

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Record | Gap:
        """Wait for the next one. Raises ConnectionFailed when the gateway can't be reached, or is away for too long."""
        return next(self._items)

    def close(self) -> None:
        """End it; whoever waits for the next record gets the end of the iteration."""
        self._closed.set()
        if self._call is not None:
            self._call.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _follow(self) -> Iterator[Record | Gap]:
        watch = threading.Thread(
            target=_watch, args=(weakref.ref(self), self._closed), name="logmesh-tail", daemon=True
        )
        watch.start()
        try:
            while not self._closed.is_set():
                error: grpc.RpcError | None = None
                self._silent, self._heard_at = False, time.monotonic()
                self._call = self._stub.Tail(self._following.request(), metadata=self._metadata)
                if self._closed.is_set():
                    self._call.cancel()  # closed while the call was made
                try:
                    for answer in self._call:
                        self._heard_at = math.inf  # what takes its time now is the caller
                        yield from self._following.take(answer)
                        self._heard_at = time.monotonic()
                except grpc.RpcError as ended:
                    error = ended
                if self._closed.is_set():
                    return
                pause = self._following.pause(None if self._silent or error is None else error.code())
                if pause is None and error is None:
                    raise ConnectionFailed(f"{self._target} has ended the tail")
                if pause is None and error is not None:
                    raise from_rpc(error, self._target) from error
                self._closed.wait(pause)
        finally:
            self.close()

    def cut_silence(self) -> None:
        """End a connection on which nothing has come for too long."""
        if time.monotonic() - self._heard_at > SILENCE_SECONDS and self._call is not None:
            self._silent = True
            self._call.cancel()


def _watch(tail: "weakref.ref[Tail]", closed: threading.Event) -> None:
    """Look after a tail while there is one: an iterator of gRPC can't be waited for with a limit."""
    while not closed.wait(1.0):
        watched = tail()
        if watched is None:
            return
        watched.cut_silence()
        del watched
