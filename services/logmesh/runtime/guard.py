"""Checks before a call's handler runs: who may call which service. One place for every kind of RPC."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from typing import Any

import grpc

from logmesh.runtime.identity import ANONYMOUS, IdentityError, Mesh, principal_of
from logmesh.runtime.wrapping import Around, wrapped

Check = Callable[[Any], Awaitable[None]]
"""Takes the call's context, and aborts the call when it must not go on."""


class Guard(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in the stubs alone
    """Runs `check` before each call to `services`; others, such as health, pass."""

    def __init__(self, services: Collection[str], check: Check) -> None:
        self._services, self._check = frozenset(services), check

    async def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        """See grpc.aio.ServerInterceptor."""
        handler = await continuation(handler_call_details)
        service = handler_call_details.method.lstrip("/").rpartition("/")[0]
        return handler if handler is None or service not in self._services else wrapped(handler, _before(self._check))


def only(callers: Collection[str], mesh: Mesh = "none") -> Check:
    """A check that lets `callers`, whole SPIFFE IDs, in; with none named, everyone, which is for servers that know no identities.

    UNAUTHENTICATED tells a caller without an identity, PERMISSION_DENIED one with another.
    """
    allowed = frozenset(callers)

    async def check(context: Any) -> None:
        try:
            principal = principal_of(context, mesh)
        except IdentityError as error:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, str(error))
            raise AssertionError("abort raises") from error
        if allowed and principal == ANONYMOUS:
            await context.abort(
                grpc.StatusCode.UNAUTHENTICATED,
                "this service takes calls over mutual TLS alone, and nothing vouches for this one",
            )
        if allowed and principal not in allowed:
            await context.abort(
                grpc.StatusCode.PERMISSION_DENIED,
                f"{principal} may not call this service: LOGMESH_CALLERS does not name it",
            )

    return check


def _before(check: Check) -> Around:
    @contextlib.asynccontextmanager
    async def around(context: Any) -> AsyncIterator[None]:
        await check(context)
        yield

    return around
