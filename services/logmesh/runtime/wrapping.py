"""Runs something around a call's handler, whatever kind of RPC it is."""

import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import grpc

Around = Callable[[Any], AbstractAsyncContextManager[None]]
"""Takes the call's context. May abort the call on entering, before anything of it is read where requests stream."""


def wrapped(handler: Any, around: Around) -> Any:
    """The same handler, its behaviour inside of `around`."""
    kind = ("stream" if handler.request_streaming else "unary") + (
        "_stream" if handler.response_streaming else "_unary"
    )
    behaviour = getattr(handler, kind)
    inside = _generating(behaviour, around) if inspect.isasyncgenfunction(behaviour) else _awaiting(behaviour, around)
    make: Any = getattr(grpc, f"{kind}_rpc_method_handler")
    return make(inside, handler.request_deserializer, handler.response_serializer)


def _awaiting(behaviour: Any, around: Around) -> Any:
    async def call(request: Any, context: Any) -> Any:
        async with around(context):
            return await behaviour(request, context)

    return call


def _generating(behaviour: Any, around: Around) -> Any:
    async def call(request: Any, context: Any) -> AsyncIterator[Any]:
        async with around(context):
            async for response in behaviour(request, context):
                yield response

    return call
