"""ListTokens: what tokens a tenant has, the latest first."""

from typing import Any, Final

from logmesh.gateway.pipeline.ledger import Ledger
from logmesh.gateway.requests.checks import read_limit
from logmesh.gateway.requests.list_token import decode_list_token, encode_list_token
from logmesh.gateway.tokens.messages import token_of
from logmesh.storage.sql import load
from logmesh.v1 import token_service_pb2 as pb

_DEFAULT_PAGE_SIZE: Final = 100
_MAX_PAGE_SIZE: Final = 1_000


async def list_tokens(ledger: Ledger, tenant: str, request: pb.ListTokensRequest) -> pb.ListTokensResponse:
    """Raises RequestError, PageTokenError and StoreError."""
    limit = read_limit("page_size", request.page_size, default=_DEFAULT_PAGE_SIZE, most=_MAX_PAGE_SIZE)
    after = decode_list_token(request.page_token, "tokens", (_number,))
    async with ledger.reading(tenant) as connection:
        rows = await connection.fetch(load("list_tokens"), limit + 1, *after, request.show_revoked)
    answer = pb.ListTokensResponse(tokens=[token_of(row) for row in rows[:limit]])
    if len(rows) > limit:
        answer.next_page_token = encode_list_token("tokens", (rows[limit - 1]["number"],))
    return answer


def _number(value: Any) -> int:
    if not isinstance(value, int) or not 0 <= value < 1 << 62:
        raise ValueError(value)
    return value
