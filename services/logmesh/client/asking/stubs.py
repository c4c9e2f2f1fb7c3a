"""The services' methods, always over a channel that was opened with the certificates that are in their files now."""

import threading
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

import grpc

from logmesh.client.channel import Dialer
from logmesh.v1.pipeline_service_pb2_grpc import PipelineServiceStub
from logmesh.v1.query_service_pb2_grpc import QueryServiceStub
from logmesh.v1.tail_service_pb2_grpc import TailServiceStub
from logmesh.v1.token_service_pb2_grpc import TokenServiceStub

C = TypeVar("C", grpc.Channel, grpc.aio.Channel)


class _Services(NamedTuple):
    query: QueryServiceStub
    pipeline: PipelineServiceStub
    tail: TailServiceStub
    token: TokenServiceStub


class Stubs(Generic[C]):
    """One stub a service. Any thread."""

    def __init__(self, dialer: Dialer, open_channel: Callable[[], C]) -> None:
        """`open_channel` is the one of the dialer's that gives channels of this kind. Raises what it raises."""
        self._dialer = dialer
        self._open: Callable[[], C] = open_channel
        self._guard = threading.Lock()
        self._opened: list[tuple[C, _Services]] = [self._dial()]

    @property
    def channels(self) -> list[C]:
        """All that were opened, to be closed at the end. One of older certificates goes on with the calls that are under way on it,
        such as tails; then gRPC closes its connections, idle as they are, by itself."""
        return [channel for channel, _ in self._opened]

    @property
    def query(self) -> QueryServiceStub:
        """Of the newest channel, as the others."""
        return self._newest().query

    @property
    def pipeline(self) -> PipelineServiceStub:
        """See `query`."""
        return self._newest().pipeline

    @property
    def tail(self) -> TailServiceStub:
        """See `query`."""
        return self._newest().tail

    @property
    def token(self) -> TokenServiceStub:
        """See `query`."""
        return self._newest().token

    def _newest(self) -> _Services:
        with self._guard:
            if self._dialer.outdated:
                self._opened.append(self._dial())
            return self._opened[-1][1]

    def _dial(self) -> tuple[C, _Services]:
        channel = self._open()
        return channel, _Services(
            QueryServiceStub(channel),
            PipelineServiceStub(channel),
            TailServiceStub(channel),
            TokenServiceStub(channel),
        )
