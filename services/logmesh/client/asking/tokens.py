"""Tokens of senders, as plain values; see `results`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from logmesh.client.moments import from_timestamp
from logmesh.v1 import token_service_pb2 as pb


@dataclass(frozen=True, slots=True)
class SenderToken:
    """A token by which senders show whose records they bring, without its secret.

    It is refused from `expires` on, None: never by itself; and since `revoked`, None: it was not. `revoked_by` is empty where it was
    not, and where a newer token took the name of one that had expired. `last_used` is a minute late or so, None: it was never used.
    """

    id: str
    name: str
    tenant: str
    created: datetime
    created_by: str
    expires: datetime | None
    revoked: datetime | None
    revoked_by: str
    last_used: datetime | None

    @classmethod
    def of(cls, token: pb.Token) -> Self:
        """From the message."""
        return cls(
            token.id,
            token.name,
            token.tenant,
            from_timestamp(token.create_time),
            token.created_by,
            from_timestamp(token.expire_time) if token.HasField("expire_time") else None,
            from_timestamp(token.revoke_time) if token.HasField("revoke_time") else None,
            token.revoked_by,
            from_timestamp(token.last_use_time) if token.HasField("last_use_time") else None,
        )


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was made just now. Its `secret` can't be asked for again, and is left out where this is printed."""

    token: SenderToken
    secret: str

    def __repr__(self) -> str:
        return f"NewToken(token={self.token!r}, secret=…)"
