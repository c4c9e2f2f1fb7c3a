"""Who may ask by what tokens are known: the receivers that the settings name, and nobody where they name none."""

from collections.abc import Collection
from typing import Any, Final

import grpc

from logmesh.runtime.guard import Check
from logmesh.runtime.identity import IdentityError, Mesh, principal_of

REFUSED: Final = "{principal} may not ask for digests of tokens: LOGMESH_RECEIVERS of the gateway does not name it"


def only_receivers(receivers: Collection[str], mesh: Mesh) -> Check:
    """A check that lets in who has one of these identities: whole SPIFFE IDs, or `anonymous` for who has none here."""
    allowed = frozenset(receivers)

    async def check(context: Any) -> None:
        try:
            principal = principal_of(context, mesh)
        except IdentityError as error:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, str(error))
            raise AssertionError("abort raises") from error
        if principal not in allowed:
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, REFUSED.format(principal=principal))

    return check
