"""Whose records a call may see: the tenant in its token. Set once before the handler, read wherever data is."""

from contextvars import ContextVar
from typing import Any

import grpc

from logmesh.gateway.tokens import TokenError, Tokens
from logmesh.runtime.guard import Check

_tenant: ContextVar[str | None] = ContextVar("tenant", default=None)


def tenant_of_call(otherwise: str) -> str:
    """The tenant of the call under way; `otherwise` where calls come without tokens."""
    return _tenant.get() or otherwise


def with_token(first: Check, tokens: Tokens) -> Check:
    """`first`, and then: the call has a token that is good, and sees its tenant alone. UNAUTHENTICATED otherwise."""

    async def check(context: Any) -> None:
        await first(context)
        given = [str(value) for name, value in context.invocation_metadata() or () if name == "authorization"]
        try:
            if len(given) != 1:
                raise TokenError("exactly one token is needed: authorization: Bearer …")
            _tenant.set(await tokens.tenant_of(given[0]))
        except TokenError as error:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, str(error))

    return check
