"""Where a page of a list ended, as an opaque text: which list it is of, and the keys of its last row."""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any

from logmesh.gateway.requests.page_token import PageTokenError

Key = Callable[[Any], Any]
"""Checks one key and returns it as a statement takes it. Raises ValueError or TypeError."""


def encode_list_token(name: str, keys: Sequence[str | int]) -> str:
    """The token of the list `name` that goes on behind the row with these keys."""
    return base64.urlsafe_b64encode(json.dumps([name, *keys]).encode()).decode().rstrip("=")


def decode_list_token(token: str, name: str, keys: Sequence[Key]) -> list[Any]:
    """The keys of the row to go on behind; None for each where `token` is empty. Raises PageTokenError."""
    if not token:
        return [None for _ in keys]
    try:
        found, *values = json.loads(base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True))
        if found != name:
            raise ValueError(name)
        return [key(value) for key, value in zip(keys, values, strict=True)]
    except (ValueError, TypeError, RecursionError):
        raise PageTokenError("page_token is not one that this list returned") from None
