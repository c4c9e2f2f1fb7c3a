"""CreateToken: a new secret, of which the database gets the digest alone."""

import re
from datetime import timedelta
from typing import Final

from logmesh.gateway.pipeline.ledger import Ledger
from logmesh.gateway.requests.checks import RequestError
from logmesh.gateway.tokens.messages import token_of
from logmesh.runtime.sender_tokens import digest_of, is_id, new_id, new_secret
from logmesh.storage.sql import load
from logmesh.v1 import token_service_pb2 as pb

MAX_TOKENS: Final = 1_000
"""Of a tenant, without those that were revoked: every receiver holds them all in memory."""
MAX_LIFETIME: Final = timedelta(days=36_500)
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


class NameTaken(Exception):
    """A good token of the tenant has that name."""


class TooManyTokens(Exception):
    """The tenant has as many tokens as it may."""


async def create_token(ledger: Ledger, tenant: str, request: pb.CreateTokenRequest, who: str) -> pb.CreateTokenResponse:
    """Raises RequestError, NameTaken, TooManyTokens and StoreError."""
    name, lifetime = _name(request.name), _lifetime(request)
    token_id = new_id()
    secret = new_secret(token_id)
    async with ledger.changing(tenant) as connection:
        outcome = await connection.fetchval(
            load("create_token"), token_id, name, digest_of(secret), lifetime, who, MAX_TOKENS
        )
        if outcome == "taken":
            raise NameTaken(f"there is a good token named {name}: revoke it, or take another name")
        if outcome == "full":
            raise TooManyTokens(f"the tenant has {MAX_TOKENS} tokens, and may have no more: revoke some")
        row = await connection.fetchrow(load("find_token"), token_id)
    return pb.CreateTokenResponse(token=token_of(row), secret=secret)


def _name(name: str) -> str:
    if not _NAME.fullmatch(name) or is_id(name):
        raise RequestError(
            "name must have 1 to 64 letters, digits, and . - _, and not be 16 hexadecimal digits as an id is"
        )
    return name


def _lifetime(request: pb.CreateTokenRequest) -> timedelta | None:
    if not request.HasField("lifetime"):
        return None
    seconds = request.lifetime.seconds
    if not 1 <= seconds <= MAX_LIFETIME.total_seconds():
        raise RequestError(f"lifetime must be from 1 second to {MAX_LIFETIME.days} days")
    return timedelta(seconds=seconds)
