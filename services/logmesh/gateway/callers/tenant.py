"""Who calls, and whose records the call may see: what its token says. Set once before the handler, read wherever data is."""

import asyncio
import math
import time
from contextvars import ContextVar
from typing import Any, Final

import grpc

from logmesh.runtime.access_tokens import LEEWAY_SECONDS, Caller, TokenError, Tokens
from logmesh.runtime.guard import Check

_caller: ContextVar[Caller | None] = ContextVar("caller", default=None)

_LOOK_SECONDS: Final = 60.0
"""Between looks at a clock that may be set."""


class TokenExpired(Exception):
    """The token of the call under way is no longer good."""


def tenant_of_call(otherwise: str) -> str:
    """The tenant of the call under way; `otherwise` where calls come without tokens."""
    caller = _caller.get()
    return otherwise if caller is None else caller.tenant


def may_see(tenant: str) -> bool:
    """Whether the call under way may see that tenant's records."""
    return tenant_of_call(tenant) == tenant


def caller_of_call() -> Caller | None:
    """Who makes the call under way; None where calls come without tokens."""
    return _caller.get()


async def token_expires() -> None:
    """Wait while the token of the call under way is good, for ever where calls come without tokens. Raises TokenExpired."""
    caller = _caller.get()
    expires = math.inf if caller is None else caller.expires_unix
    while (left := expires + LEEWAY_SECONDS - time.time()) > 0:
        await asyncio.sleep(min(left, _LOOK_SECONDS))
    raise TokenExpired


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
