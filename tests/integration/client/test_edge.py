"""The client as its users reach a gateway: through a real Envoy, with tokens where it asks for them."""

import asyncio
from datetime import timedelta

import pytest
from tests.integration.client.conftest import ask
from tests.integration.edge.conftest import options
from tests.integration.edge.test_tokens import Guarded, guarded

from logmesh import AsyncClient, Client
from logmesh.client.errors import InvalidFilter, PermissionDenied, Unauthenticated

__all__ = ["guarded", "options"]  # fixtures


async def test_a_token_is_sent_with_every_kind_of_call(guarded: Guarded) -> None:
    token, address = guarded.issuer.token(tenant="acme"), str(guarded.edge.api)

    def questions(client: Client) -> list[object]:
        with client.tail(backlog=timedelta(minutes=1)) as tail, pytest.raises(InvalidFilter):
            next(client.tail("sevrity = 1"))
        assert tail.resume_token == ""
        return [[entry.producer for entry in client.ledger()], list(client.search()), client.facets()[0].counted]

    def work() -> list[object]:
        with Client(address, token=token, timeout=20) as client:
            return questions(client)

    assert await asyncio.to_thread(work) == [["of acme"], [], 0]
    async with AsyncClient(address, token=token) as client:
        assert [entry.producer for entry in await client.ledger()] == ["of acme"]
        with pytest.raises(InvalidFilter) as wrong:
            await anext(client.search("sevrity = 1"))
    assert (wrong.value.position, wrong.value.suggestion) == (0, "severity")


async def test_without_a_good_token_it_says_so(guarded: Guarded) -> None:
    with pytest.raises(Unauthenticated):
        await ask(str(guarded.edge.api), lambda client: client.ledger())
    async with AsyncClient(str(guarded.edge.api), token="nonsense") as client:
        with pytest.raises((Unauthenticated, PermissionDenied)):
            await client.ledger()
        with pytest.raises((Unauthenticated, PermissionDenied)):
            await anext(client.tail())
