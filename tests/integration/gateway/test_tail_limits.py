"""How many tails there may be, and for how long."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from tests.conftest import Database
from tests.integration.gateway.by_hand import flush_by_hand
from tests.integration.gateway.running import running_gateway
from tests.unit.runtime.issuer import ISSUER, Issuer

from logmesh import AsyncClient, Client, Record
from logmesh.client.errors import Unauthenticated
from logmesh.gateway.callers import tenant
from logmesh.v1 import tail_service_pb2 as pb
from logmesh.v1.tail_service_pb2_grpc import TailServiceStub


async def test_tails_that_open_at_one_moment_are_no_more_than_allowed(database: Database) -> None:
    async with (
        running_gateway(database.reader_dsn, max_tails=200) as address,
        grpc.aio.insecure_channel(address) as channel,
        asyncio.timeout(30),
    ):
        calls: list[Any] = [TailServiceStub(channel).Tail(pb.TailRequest()) for _ in range(230)]
        answers = await asyncio.gather(*(call.read() for call in calls), return_exceptions=True)
        refused = [answer.code() for answer in answers if isinstance(answer, grpc.aio.AioRpcError)]
        assert Counter(refused) == {grpc.StatusCode.RESOURCE_EXHAUSTED: 30}
        for call in calls:
            call.cancel()
        while True:  # a place that was left is another tail's
            with contextlib.suppress(grpc.aio.AioRpcError):
                if await TailServiceStub(channel).Tail(pb.TailRequest()).read():
                    break


class Guarded:
    """A gateway that takes tokens."""

    def __init__(self, address: str, issuer: Issuer) -> None:
        self.address, self._issuer = address, issuer

    def token(self, seconds: float) -> str:
        """One that is good for so long."""
        return self._issuer.token(tenant="default", exp=int(time.time() + seconds))


@pytest.fixture
async def guarded(database: Database, tmp_path: Path) -> AsyncIterator[Guarded]:
    issuer = Issuer()
    keys = str(issuer.write_keys(tmp_path / "jwks.json"))
    async with running_gateway(database.reader_dsn, jwt_issuer=ISSUER, jwt_jwks=keys) as address:
        yield Guarded(address, issuer)


async def test_a_tail_ends_with_its_token_and_goes_on_with_another_one(
    guarded: Guarded, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenant, "_LOOK_SECONDS", 0.05)
    await flush_by_hand(database, "one")
    async with (
        AsyncClient(guarded.address, token=guarded.token(60)) as client,
        client.tail(backlog=timedelta(minutes=5)) as tail,
    ):
        assert body_of(await asyncio.wait_for(anext(tail), 20)) == "one"
        with monkeypatch.context() as later:
            later.setattr(tenant, "LEEWAY_SECONDS", -60)  # the minute is over
            with pytest.raises(Unauthenticated, match="the token has expired"):
                await asyncio.wait_for(anext(tail), 20)
        resume_token = tail.resume_token
        await flush_by_hand(database, "two")
        async with client.tail(resume_token=resume_token) as another:
            assert body_of(await asyncio.wait_for(anext(another), 20)) == "two"


async def test_a_blocking_tail_ends_with_its_token(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenant, "LEEWAY_SECONDS", 0)

    def follow() -> None:
        with Client(guarded.address, token=guarded.token(3)) as client, client.tail() as tail:
            next(tail)

    with pytest.raises(Unauthenticated, match="expired"):
        await asyncio.wait_for(asyncio.to_thread(follow), 20)


def body_of(item: object) -> str:
    assert isinstance(item, Record)
    return item.body
