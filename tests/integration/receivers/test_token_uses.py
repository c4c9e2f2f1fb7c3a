"""Uses of tokens are told once, and those that could not be told with the next report."""

from typing import Any

import grpc
import pytest

from logmesh.producer.receivers import token_uses
from logmesh.producer.receivers.token_uses import TokenUses
from logmesh.v1.receiver_service_pb2 import NoteTokenUsesRequest, NoteTokenUsesResponse
from logmesh.v1.receiver_service_pb2_grpc import (
    ReceiverServiceServicer,
    ReceiverServiceStub,
    add_ReceiverServiceServicer_to_server,
)


class Gateway(ReceiverServiceServicer):
    """Remembers what it is told, or is busy."""

    def __init__(self) -> None:
        self.told: list[dict[str, int]] = []
        self.is_busy = False

    async def ListTokenDigests(self, request: Any, context: Any) -> Any:  # noqa: N802
        raise NotImplementedError

    async def NoteTokenUses(self, request: NoteTokenUsesRequest, context: Any) -> NoteTokenUsesResponse:  # noqa: N802
        self.told.append({use.id: use.use_time.ToNanoseconds() for use in request.uses})
        if self.is_busy:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "busy")
        return NoteTokenUsesResponse()


async def test_each_use_is_told_once_however_often_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_uses, "EVERY_SECONDS", 0.0)
    gateway, uses, server = Gateway(), TokenUses(), grpc.aio.server()
    add_ReceiverServiceServicer_to_server(gateway, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = ReceiverServiceStub(channel)
        await uses.report(stub)
        assert gateway.told == []
        uses.note("a")
        gateway.is_busy = True
        await uses.report(stub)
        uses.note("b")
        gateway.is_busy = False
        await uses.report(stub)
        await uses.report(stub)
        assert [list(told) for told in gateway.told] == [["a"], ["a", "b"]]
        assert gateway.told[0]["a"] == gateway.told[1]["a"]
        uses.note("a")
        monkeypatch.setattr(token_uses, "EVERY_SECONDS", 3_600.0)
        await uses.report(stub)
        uses.note("a")
        await uses.report(stub)  # not yet again
        assert [list(told) for told in gateway.told[2:]] == [["a"]]
    await server.stop(None)
