"""Who calls, and whose records the call may see: what its token says. Set once before the handler, read wherever data is."""

from contextvars import ContextVar
from typing import Any

import grpc

from logmesh.gateway.tokens import Caller, TokenError, Tokens
from logmesh.runtime.guard import Check

_caller: ContextVar[Caller | None] = ContextVar("caller", default=None)


def tenant_of_call(otherwise: str) -> str:
    """The tenant of the call under way; `otherwise` where calls come without tokens."""
    caller = _caller.get()
    return otherwise if caller is None else caller.tenant


def caller_of_call() -> Caller | None:
    """Who makes the call under way; None where calls come without tokens."""
    return _caller.get()


def with_token(first: Check, tokens: Tokens) -> Check:
    """`first`, and then: the call has a token that is good, and sees its tenant alone. UNAUTHENTICATED otherwise."""

    async def check(context: Any) -> None:
        await first(context)
        given = [str(value) for name, value in context.invocation_metadata() or () if name == "authorization"]
        try:
            if len(given) != 1:
                raise TokenError("exactly one token is needed: authorization: Bearer …")
            _caller.set(await tokens.caller_of(given[0]))
        except TokenError as error:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, str(error))

    return check
