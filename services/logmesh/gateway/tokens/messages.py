"""Tokens as answers carry them."""

from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from logmesh.v1 import token_service_pb2 as pb


def token_of(row: Any) -> pb.Token:
    """A row of `list_tokens` or `find_token`."""
    return pb.Token(
        id=row["id"],
        name=row["name"],
        tenant=row["tenant"],
        scope=pb.TOKEN_SCOPE_INGEST,
        create_time=timestamp_of(row["created"]),
        created_by=row["created_by"],
        expire_time=timestamp_of(row["expires"]),
        revoke_time=timestamp_of(row["revoked"]),
        revoked_by=row["revoked_by"] or "",
        last_use_time=timestamp_of(row["used"]),
    )


def timestamp_of(moment: Any) -> Timestamp | None:
    """A column's time; None for null."""
    if moment is None:
        return None
    found = Timestamp()
    found.FromDatetime(moment)
    return found
