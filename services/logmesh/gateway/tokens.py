"""JSON Web Tokens, checked here although the edge has checked them: a way around the edge is no way in."""

import contextlib
import time
from pathlib import Path
from typing import Any, Final

import jwt

ALGORITHMS: Final = ("RS256", "ES256")
"""No `none`, and nothing symmetric: a public key must not pass for a shared secret."""
LEEWAY_SECONDS: Final = 30
MAX_TENANT_BYTES: Final = 255
_REREAD_SECONDS: Final = 10.0


class TokenError(Exception):
    """The token is missing, not one of the issuer's, or no longer good; the message says which and never quotes it."""


class Tokens:
    """Verifies tokens of one issuer for one audience with the keys, each with a `kid`, in a JWKS file that may be replaced."""

    def __init__(self, issuer: str, audience: str, jwks: Path, tenant_claim: str) -> None:
        """Raises OSError or ValueError when the file can't be read, so that a process starts with keys or not at all."""
        self._issuer, self._audience, self._path, self._claim = issuer, audience, jwks, tenant_claim
        self._keys = _read_keys(jwks)
        self._read_at = time.monotonic()

    def tenant_of(self, authorization: str) -> str:
        """The tenant that an ``Authorization: Bearer …`` header stands for. Raises TokenError."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise TokenError("a token is needed: authorization: Bearer …")
        try:
            claims = jwt.decode(
                token.strip(),
                self._key(jwt.get_unverified_header(token.strip())),
                algorithms=list(ALGORITHMS),
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud"]},
            )
        except (jwt.PyJWTError, RecursionError) as error:
            raise TokenError(f"the token is refused: {_reason(error)}") from error
        tenant = claims.get(self._claim)
        if not isinstance(tenant, str) or not 1 <= len(tenant.encode()) <= MAX_TENANT_BYTES or "\0" in tenant:
            raise TokenError(f"the token's claim {self._claim!r} names no tenant")
        return tenant

    def _key(self, header: dict[str, Any]) -> jwt.PyJWK:
        if header.get("alg") not in ALGORITHMS:
            raise jwt.InvalidAlgorithmError
        name = header.get("kid")
        if name not in self._keys and time.monotonic() - self._read_at > _REREAD_SECONDS:
            # A new key: issuers change theirs. At most so often, whatever names clients invent.
            self._read_at = time.monotonic()
            with contextlib.suppress(OSError, ValueError):  # half-written; the old keys go on
                self._keys = _read_keys(self._path)
        if not isinstance(name, str) or name not in self._keys:
            raise jwt.InvalidKeyError
        return self._keys[name]


def _read_keys(path: Path) -> dict[str, jwt.PyJWK]:
    try:
        keys = jwt.PyJWKSet.from_json(path.read_text("utf-8")).keys
    except (jwt.PyJWTError, AttributeError) as error:
        raise ValueError(f"{path} is not a JWKS file: {error}") from error
    # Keys of other kinds may stand in the same file, for others.
    return {key.key_id: key for key in keys if key.key_id and key.algorithm_name in ALGORITHMS}


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
