"""Reads the header `Authorization` as senders write it. Pure; nothing of what it holds is in any error.

Bearer lm_…                      OTLP exporters, curl, Vector, Fluent Bit
Basic base64(anybody:lm_…)       senders to Loki and Elasticsearch, which know a user and a password
ApiKey base64(anything:lm_…)     Elasticsearch's own clients and Beats; also ApiKey lm_…
"""

import base64
import binascii
import re
from typing import Final

_MOST_BYTES: Final = 16 << 10
"""Of what is in base64. A secret has 69, an access token a thousand or two."""
_JWT: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]*", re.ASCII)


class Unauthenticated(Exception):
    """A sender does not show who it is, or shows what is not good; `reason` is one word for it, for metrics."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Forbidden(Exception):
    """It is known who the sender is, and it may not send here; `reason` as there."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def secret_in(authorization: str) -> str:
    """What a sender shows as its token: not empty, and of ASCII's characters alone. Raises Unauthenticated."""
    scheme, _, shown = authorization.strip().partition(" ")
    shown = shown.strip()
    match scheme.lower():
        case "bearer":
            secret = shown
        case "basic":
            secret = _behind_colon(shown)
        case "apikey":
            # A secret has a `_` and an access token dots, which base64 has not.
            secret = shown if "_" in shown or "." in shown else _behind_colon(shown)
        case "":
            raise Unauthenticated("no_token", "a token is needed: Authorization: Bearer lm_…")
        case _:
            raise Unauthenticated("malformed", "Authorization is Bearer, Basic with the token as password, or ApiKey")
    if not secret or not secret.isascii():
        raise Unauthenticated("malformed", "Authorization holds no token: Bearer lm_…, or Basic with it as password")
    return secret


def is_access_token(secret: str) -> bool:
    """Whether it has the form of an issuer's: a JSON Web Token, which no token of Logmesh's own has."""
    return _JWT.fullmatch(secret) is not None


def _behind_colon(shown: str) -> str:
    if len(shown) > _MOST_BYTES:
        return ""
    try:
        return base64.b64decode(shown, validate=True).partition(b":")[2].decode("ascii")
    except (binascii.Error, ValueError):
        return ""
