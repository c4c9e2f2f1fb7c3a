"""NoteTokenUses: when receivers last let somebody in by a token."""

from datetime import UTC

from logmesh.gateway.pipeline.ledger import Ledger
from logmesh.gateway.requests.checks import RequestError
from logmesh.gateway.tokens.list_digests import PAGE
from logmesh.runtime.sender_tokens import is_id
from logmesh.storage.sql import load
from logmesh.v1 import receiver_service_pb2 as pb


async def note_uses(ledger: Ledger, tenant: str, request: pb.NoteTokenUsesRequest) -> None:
    """`tenant` is anyone's, for a transaction needs one. Raises RequestError and StoreError."""
    if len(request.uses) > PAGE or not all(is_id(use.id) for use in request.uses):
        raise RequestError(f"uses are at most {PAGE}, each of a token's id")
    try:
        times = [use.use_time.ToDatetime(tzinfo=UTC) for use in request.uses]
    except ValueError:
        raise RequestError("a use_time is no time") from None
    if times:
        async with ledger.changing(tenant) as connection:
            await connection.execute(load("note_token_uses"), [use.id for use in request.uses], times)
