"""Who may change something, and under which name it is kept."""

from typing import Any, Final

import grpc

from logmesh.gateway.callers.tenant import caller_of_call
from logmesh.gateway.settings import GatewaySettings
from logmesh.runtime.identity import principal_of

NOT_AN_ADMINISTRATOR: Final = "the token's roles lack {role!r}, which it takes to {action}"


async def administrator(context: Any, settings: GatewaySettings, *, by: str, action: str) -> str:
    """The name of who calls; PERMISSION_DENIED for a token without the administrator's role.

    A token speaks for itself, and without one everybody who can reach the API does, by the name `by` where there is one.
    """
    caller, role = caller_of_call(), settings.jwt_admin_role
    if caller is None:
        return by.strip() or principal_of(context, settings.mesh)
    if role not in caller.roles:
        await context.abort(grpc.StatusCode.PERMISSION_DENIED, NOT_AN_ADMINISTRATOR.format(role=role, action=action))
    return caller.name or "a token without a name"
