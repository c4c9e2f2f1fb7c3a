"""Tokens that a test knows, without a gateway."""

import math
import time

from logmesh.producer.receivers.tokens import Known, TokenList
from logmesh.runtime.sender_tokens import digest_of, new_id, new_secret


class KnownTokens:
    """A list that was asked for just now. `wanted` counts how often a newer one was."""

    def __init__(self, *, known: bool = True) -> None:
        self.current = TokenList("1", {}) if known else None
        self.asked_at = time.monotonic()
        self.wanted = 0
        self.used: list[str] = []

    def make(self, tenant: str, expires_unix: float = math.inf) -> str:
        """A secret that is in the list from now on."""
        token_id = new_id()
        secret = new_secret(token_id)
        before = {} if self.current is None else dict(self.current.by_digest)
        self.current = TokenList("2", before | {digest_of(secret): Known(token_id, tenant, expires_unix)})
        return secret

    def note_use(self, token_id: str) -> None:
        self.used.append(token_id)

    def want(self) -> None:
        self.wanted += 1

    async def next_answer(self) -> None:
        self.asked_at = time.monotonic()
