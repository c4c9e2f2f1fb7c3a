"""RevokeToken: a token ends, by its id. A name would be easy to guess for another site's page."""

from logmesh.gateway.answers.answering import NotFound
from logmesh.gateway.pipeline.ledger import Ledger
from logmesh.gateway.requests.checks import RequestError
from logmesh.gateway.tokens.messages import token_of
from logmesh.runtime.sender_tokens import is_id
from logmesh.storage.sql import load
from logmesh.v1 import token_service_pb2 as pb


async def revoke_token(ledger: Ledger, tenant: str, request: pb.RevokeTokenRequest, who: str) -> pb.Token:
    """The token as it is kept from now on. Raises RequestError, NotFound and StoreError."""
    if not is_id(request.id):
        raise RequestError("id is not the id of a token: 16 hexadecimal digits")
    async with ledger.changing(tenant) as connection:
        await connection.execute(load("revoke_token"), request.id, who)
        row = await connection.fetchrow(load("find_token"), request.id)
    if row is None:
        raise NotFound(f"there is no token {request.id}")
    return token_of(row)
