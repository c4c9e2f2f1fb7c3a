"""ListTokenDigests: by what receivers know the good tokens of all tenants."""

from typing import Any, Final

from logmesh.gateway.pipeline.ledger import Ledger
from logmesh.gateway.requests.list_token import decode_list_token, encode_list_token
from logmesh.gateway.tokens.messages import timestamp_of
from logmesh.runtime.sender_tokens import is_id
from logmesh.storage.sql import load
from logmesh.v1 import receiver_service_pb2 as pb

PAGE: Final = 10_000


async def list_digests(ledger: Ledger, tenant: str, request: pb.ListTokenDigestsRequest) -> pb.ListTokenDigestsResponse:
    """One page. `tenant` is anyone's, for a transaction needs one. Raises PageTokenError and StoreError."""
    (after,) = decode_list_token(request.page_token, "token digests", (_id,))
    async with ledger.reading(tenant) as connection:
        # Before the digests: a list that is newer than its version is read once more, and an older one would stay.
        version = await connection.fetchval(load("read_token_version"))
        if version == request.known_version:
            return pb.ListTokenDigestsResponse(version=version)
        rows = await connection.fetch(load("list_token_digests"), after or "", PAGE + 1)
    answer = pb.ListTokenDigestsResponse(version=version, digests=[_digest(row) for row in rows[:PAGE]])
    if len(rows) > PAGE:
        answer.next_page_token = encode_list_token("token digests", (rows[PAGE - 1]["id"],))
    return answer


def _digest(row: Any) -> pb.TokenDigest:
    return pb.TokenDigest(
        id=row["id"], sha256=row["digest"], tenant=row["tenant"], expire_time=timestamp_of(row["expires"])
    )


def _id(value: Any) -> str:
    if not isinstance(value, str) or not is_id(value):
        raise ValueError(value)
    return value
