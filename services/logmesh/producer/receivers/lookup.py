"""Looks a sender's token up in the newest list; one that is not in it may be newer than the list, and is asked for."""

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Protocol

from logmesh.producer.receivers.credentials import Unauthenticated
from logmesh.producer.receivers.received import Overloaded
from logmesh.producer.receivers.tokens import TokenList
from logmesh.runtime.sender_tokens import digest_of, is_secret

_WAIT_SECONDS: Final = 2.0
_MOST_SEEN: Final = 1_000
"""Tokens that are not in the list and are remembered, so that each is asked for once."""


class Tokens(Protocol):
    """Which tokens are good; see `TokenKeeper`."""

    @property
    def current(self) -> TokenList | None:
        """The newest list; None: not known yet."""

    @property
    def asked_at(self) -> float:
        """The time.monotonic() of the question that gave it."""

    def note_use(self, token_id: str) -> None:
        """A sender was let in by that token just now."""

    def want(self) -> None:
        """Have a newer one asked for."""

    async def next_answer(self) -> None:
        """Wait until it was."""


class NotKnownYet(Overloaded):
    """The token may be good: it is newer than the list here, or there is none."""


class Lookup:
    """Of one event loop; `clock` gives seconds since 1970."""

    def __init__(self, tokens: Tokens, clock: Callable[[], float]) -> None:
        self._tokens, self._clock = tokens, clock
        self._first_seen: OrderedDict[bytes, float] = OrderedDict()

    def tenant_of(self, secret: str) -> str:
        """Whose records the token brings. Raises Unauthenticated, NotKnownYet."""
        if not is_secret(secret):
            raise Unauthenticated("malformed", "that is no token of Logmesh, or not all of it: logmesh token create")
        digest, known = digest_of(secret), self._tokens.current
        found = None if known is None else known.by_digest.get(digest)
        if found is None:
            self._check_known(digest)
            token_id = secret.split("_")[1]
            raise Unauthenticated("unknown_token", f"the token {token_id} is unknown, was revoked, or has expired")
        if found.expires_unix <= self._clock():
            raise Unauthenticated("expired_token", f"the token {found.id} has expired")
        self._tokens.note_use(found.id)
        return found.tenant

    async def next_answer(self) -> None:
        """Wait until the gateway was asked once more, for a moment at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_WAIT_SECONDS):
                await self._tokens.next_answer()

    def _check_known(self, digest: bytes) -> None:
        """Raise NotKnownYet until the gateway was asked after this token was seen for the first time."""
        seen = self._first_seen.setdefault(digest, time.monotonic())
        self._first_seen.move_to_end(digest)
        if len(self._first_seen) > _MOST_SEEN:
            self._first_seen.popitem(last=False)
        if self._tokens.current is None or self._tokens.asked_at <= seen:
            self._tokens.want()
            raise NotKnownYet("this receiver is asking whether the token is good")
