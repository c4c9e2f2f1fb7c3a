"""Checks before a call's handler runs: who may call which service. One place for every kind of RPC."""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from typing import Any

import grpc

from logmesh.runtime.identity import ANONYMOUS, IdentityError, principal_of

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
        return handler if handler is None or service not in self._services else _checked(handler, self._check)


def only(callers: Collection[str]) -> Check:
    """A check that lets `callers`, SPIFFE identities, in; with none named, everyone with exactly one identity.

    UNAUTHENTICATED tells a caller without an identity, PERMISSION_DENIED one with another.
    """
    allowed = frozenset(callers)

    async def check(context: Any) -> None:
        try:
            principal = principal_of(context)
        except IdentityError as error:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, str(error))
            raise AssertionError("abort raises") from error
        if allowed and principal == ANONYMOUS:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "this server takes calls over mutual TLS alone")
        if allowed and principal not in allowed:
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, f"{principal} may not call this service")

    return check


def _checked(handler: Any, check: Check) -> Any:
    kind = ("stream" if handler.request_streaming else "unary") + (
        "_stream" if handler.response_streaming else "_unary"
    )
    behaviour = getattr(handler, kind)
    wrapped = _generating(behaviour, check) if inspect.isasyncgenfunction(behaviour) else _awaiting(behaviour, check)
    make: Any = getattr(grpc, f"{kind}_rpc_method_handler")
    return make(wrapped, handler.request_deserializer, handler.response_serializer)


def _awaiting(behaviour: Any, check: Check) -> Any:
    async def call(request: Any, context: Any) -> Any:
        await check(context)
        return await behaviour(request, context)

    return call


def _generating(behaviour: Any, check: Check) -> Any:
    async def call(request: Any, context: Any) -> AsyncIterator[Any]:
        await check(context)
        async for response in behaviour(request, context):
            yield response

    return call
