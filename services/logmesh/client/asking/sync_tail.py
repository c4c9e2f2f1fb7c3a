# Made from async_tail.py by `make blocking-client`: change that one.
"""`Tail`: a live tail that goes on by itself after broken connections."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

import grpc

from logmesh.client.asking.following import SILENCE_SECONDS, Following, Gap
from logmesh.client.asking.sync_messages import Messages
from logmesh.client.asking.sync_stream import Event, Stream, wait_until
from logmesh.client.errors import ConnectionFailed, LogmeshError
from logmesh.client.failures import from_rpc
from logmesh.client.record import Record, from_message
from logmesh.v1.record_pb2 import LogRecord
from logmesh.v1.tail_service_pb2 import TailGap, TailResponse


class Tail:
    """Yields `Record`, and `Gap` where records had to be left out; ends when `close` is called.

        with client.tail("severity >= ERROR") as tail:
            for item in tail:
                print(item)

    `resume_token` is where it stands: give it to another tail of the same filter and nothing in between is missed. A wait for
    an item may be interrupted, by a time limit or Ctrl-C: the next one goes on. It ends with its last reference, too.
    """

    # Nothing here may refer to what refers to it: then only a search for cycles would find that nobody reads on.
    _stream: Stream[TailResponse] | None = None

    def __init__(
        self,
        stubs: Any,
        following: Following,
        target: str,
        metadata: tuple[tuple[str, str], ...],
        notice: Callable[[str], None],
    ) -> None:
        """Use `Client.tail`."""
        self._stubs, self._following, self._target, self._metadata = stubs, following, target, metadata
        self._notice = notice
        self._closed = Event()
        self._came: deque[LogRecord | TailGap] = deque()
        self._quiet_since: float | None = None
        """Since when the next answer is waited for, by time.monotonic."""
        self._connects = 0.0
        """When the next connection may be made, by the same clock."""

    @property
    def resume_token(self) -> str:
        """Where the tail stands; empty before the first answer."""
        return self._following.resume_token

    @property
    def in_backlog(self) -> bool:
        """Whether the item that came last was of the past, from the store, before those that come live."""
        return self._following.in_backlog

    def begin(self) -> None:
        """Wait until the tail stands: what comes to be stored from then on is not missed. Raises what iterating raises."""
        while not self._following.connected and self._more():
            pass

    def messages(self) -> Iterator[LogRecord | TailGap]:
        """The same as messages of `logmesh.v1`; see `Search.messages`."""
        return Messages(self._more, self._came)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Record | Gap:
        """Wait for the next one. Raises ConnectionFailed when the gateway can't be reached, or is away for too long."""
        item = next(self.messages())
        return Gap.of(item) if isinstance(item, TailGap) else from_message(item)

    def close(self) -> None:
        """End it; whoever waits for the next record gets the end of the iteration. A blocking tail is closed from any thread."""
        self._closed.set()
        if (stream := self._stream) is not None:  # which another thread may be about to drop
            stream.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        if self._stream is not None:
            self._stream.cancel()

    def _more(self) -> bool:
        """Wait for another answer, over as many connections as it takes; False once it is closed, or an error was raised."""
        while (stream := self._connected()) is not None:
            if self._quiet_since is None:
                self._quiet_since = time.monotonic()
            try:
                answer = stream.read(max(0.0, self._quiet_since + SILENCE_SECONDS - time.monotonic()))
            except TimeoutError:
                self._break(None, ConnectionFailed(f"{self._target} is silent"))
            except grpc.RpcError as error:
                self._break(error, from_rpc(error, self._target))
            else:
                if answer is not None:
                    self._take(answer)
                    return True
                self._break(None, ConnectionFailed(f"{self._target} has ended the tail"))
        return False

    def _connected(self) -> Stream[TailResponse] | None:
        """The stream, another one when it is time for it; None once it is closed."""
        if self._stream is None:
            wait_until(self._closed, max(0.0, self._connects - time.monotonic()))
            if not self._closed.is_set():
                call = self._stubs.tail.Tail(self._following.request(), metadata=self._metadata)
                # Hardly anything is read ahead: a server is to notice that its reader is slow.
                self._stream = Stream(call, ahead=1)
        if self._closed.is_set():
            self._end()
        return self._stream

    def _take(self, answer: TailResponse) -> None:
        self._quiet_since = None
        was_away = self._following.is_away
        self._came.extend(self._following.take(answer))
        if was_away:
            self._notice("going on")

    def _break(self, error: grpc.RpcError | None, failure: LogmeshError) -> None:
        """The connection is over. Raises `failure` when there is no sense in another."""
        self._end()
        if self._closed.is_set():
            return
        is_new = not self._following.is_away
        seconds = self._following.pause(None if error is None else error.code())
        if seconds is None:
            self._closed.set()
            raise failure from error
        self._connects = time.monotonic() + seconds
        if is_new:
            self._notice(f"{failure}; trying again")

    def _end(self) -> None:
        if self._stream is not None:
            self._stream.cancel()
        self._stream = self._quiet_since = None
