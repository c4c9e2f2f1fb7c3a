"""Access tokens of an issuer at a receiver's doors."""

from logmesh.producer.receivers.credentials import Forbidden, Unauthenticated
from logmesh.runtime.access_tokens import TokenError, Tokens


class Access:
    """Lets in who has an access token that names a tenant, and among its roles `role`."""

    def __init__(self, tokens: Tokens, role: str) -> None:
        self._tokens, self._role = tokens, role

    async def tenant_of(self, token: str) -> str:
        """The tenant that it names. Raises Unauthenticated, Forbidden."""
        try:
            caller = await self._tokens.caller_of(f"Bearer {token}")
        except TokenError as error:
            raise Unauthenticated("access_token", str(error)) from None
        if self._role not in caller.roles:
            raise Forbidden("role", f"the access token's roles lack {self._role!r}, which it takes to send")
        return caller.tenant
