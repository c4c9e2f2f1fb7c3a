"""Access tokens of an issuer, which are JSON Web Tokens. A gateway checks them although its edge did: a way around it is no way in."""

from dataclasses import dataclass
from typing import Any, Final

import jwt

from logmesh.runtime.access_keys import ALGORITHMS, Keys
from logmesh.runtime.settings import AccessTokenSettings

LEEWAY_SECONDS: Final = 30
MAX_TENANT_BYTES: Final = 255
_MAX_NAME_CHARACTERS: Final = 255


class TokenError(Exception):
    """The token is missing, not one of the issuer's, or no longer good; the message says which and never quotes it."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What a good token says: whose records may be seen, who calls (`sub`), in which roles, and until when it is good."""

    tenant: str
    name: str
    roles: frozenset[str]
    expires_unix: int


class Tokens:
    """Verifies tokens of one issuer for one audience with its `keys`."""

    def __init__(
        self, issuer: str, audience: str, keys: Keys, *, tenant_claim: str = "tenant", roles_claim: str = "roles"
    ) -> None:
        self._issuer, self._audience, self._keys = issuer, audience, keys
        self._tenant_claim, self._roles_claim = tenant_claim, roles_claim

    async def caller_of(self, authorization: str) -> Caller:
        """Whom an ``Authorization: Bearer …`` header stands for. Raises TokenError."""
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise TokenError("a token is needed: authorization: Bearer …")
        try:
            claims = jwt.decode(
                token,
                await self._key(jwt.get_unverified_header(token)),
                algorithms=list(ALGORITHMS),
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud"]},
            )
        except (jwt.PyJWTError, RecursionError) as error:
            raise TokenError(f"the token is refused: {_reason(error)}") from error
        tenant = claims.get(self._tenant_claim)
        if not isinstance(tenant, str) or not 1 <= len(tenant.encode()) <= MAX_TENANT_BYTES or "\0" in tenant:
            raise TokenError(f"the token's claim {self._tenant_claim!r} names no tenant")
        name = claims.get("sub")
        return Caller(
            tenant=tenant,
            name=name[:_MAX_NAME_CHARACTERS] if isinstance(name, str) else "",
            roles=_roles(claims.get(self._roles_claim)),
            expires_unix=int(claims["exp"]),
        )

    async def _key(self, header: dict[str, Any]) -> jwt.PyJWK:
        if header.get("alg") not in ALGORITHMS:
            raise jwt.InvalidAlgorithmError
        key = await self._keys.get(header.get("kid"))
        if key is None:
            raise jwt.InvalidKeyError
        return key


def _roles(claim: object) -> frozenset[str]:
    """Roles as issuers write them: a list of names, or names with spaces between. Anything else is no role."""
    names = claim.split() if isinstance(claim, str) else claim
    return frozenset(name for name in names if isinstance(name, str)) if isinstance(names, list) else frozenset()


def _reason(error: Exception) -> str:
    match error:
        case jwt.ExpiredSignatureError():
            return "it has expired"
        case jwt.ImmatureSignatureError():
            return "it is not valid yet"
        case jwt.InvalidAudienceError():
            return "it is for another audience"
        case jwt.InvalidIssuerError():
            return "another issuer made it"
        case jwt.InvalidAlgorithmError():
            return f"its algorithm is none of {', '.join(ALGORITHMS)}"
        case jwt.MissingRequiredClaimError():
            return f"it lacks the claim {error.claim!r}"
        case _:
            return "it is not signed by a key of the issuer"


async def tokens_of(settings: AccessTokenSettings) -> Tokens:
    """What verifies tokens of the issuer that the settings name. Raises OSError or ValueError for a file of keys."""
    keys = Keys(settings.jwt_jwks)
    await keys.open()
    return Tokens(
        settings.jwt_issuer,
        settings.jwt_audience,
        keys,
        tenant_claim=settings.jwt_tenant_claim,
        roles_claim=settings.jwt_roles_claim,
    )
