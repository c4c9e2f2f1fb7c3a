"""Whose records a sender may bring, by what it shows: a token, or the certificate of its connection."""

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import structlog

from logmesh.producer.receivers.credentials import Forbidden, Unauthenticated, secret_in
from logmesh.producer.receivers.received import Overloaded
from logmesh.producer.receivers.tokens import TokenList
from logmesh.runtime import metrics
from logmesh.runtime.sender_tokens import digest_of, is_secret

log = structlog.get_logger()

_SAY_SECONDS: Final = 60.0
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

    def want(self) -> None:
        """Have a newer one asked for."""

    async def next_answer(self) -> None:
        """Wait until it was."""


class NotKnownYet(Overloaded):
    """The token may be good: it is newer than the list here, or there is none."""


class Callers:
    """Without tokens and certificates everybody is let in, and what they send is this process's own tenant's."""

    def __init__(
        self,
        tokens: Tokens | None = None,
        tenants: Mapping[str, str] | None = None,
        *,
        certificates: bool = False,
        unnamed: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`tenants` are by SPIFFE ID; with `certificates`, and without both others, whoever shows one is let in. `unnamed` is the
        tenant of syslog without TLS; empty: there is none."""
        self._tokens, self._tenants, self._certificates = tokens, tenants or {}, certificates
        self._unnamed, self._clock = unnamed, clock
        self._said: dict[tuple[str, str], tuple[float, int]] = {}
        self._first_seen: OrderedDict[bytes, float] = OrderedDict()

    @property
    def asks(self) -> bool:
        """Whether senders must show who they are."""
        return self._tokens is not None or bool(self._tenants) or self._certificates

    @property
    def tenant_of_unnamed(self) -> str | None:
        """The tenant of syslog whose sender shows no certificate, for it has no other way. Empty: this process's own; None: it is not
        to be taken."""
        return self._unnamed or (None if self.asks else "")

    def tenant_of_connection(self, identity: str, door: str) -> str:
        """The tenant of syslog whose sender shows a certificate, or could have; see `tenant_of`. Raises Unauthenticated, Forbidden."""
        try:
            if identity and (self._tenants or self._tokens is None):
                return self._of_certificate(identity)
            if (tenant := self.tenant_of_unnamed) is None:
                raise Unauthenticated("no_certificate", "syslog needs a certificate that LOGMESH_TENANTS names")
        except (Unauthenticated, Forbidden) as error:
            self._note(door, error)
            raise
        return tenant

    async def admit(self, authorization: str, *, identity: str = "", door: str = "") -> str:
        """As `tenant_of`, after a moment's wait for a token that may have been made just now."""
        try:
            return self.tenant_of(authorization, identity=identity, door=door)
        except NotKnownYet:
            if self._tokens is None:
                raise
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_WAIT_SECONDS):
                    await self._tokens.next_answer()
            return self.tenant_of(authorization, identity=identity, door=door)

    def tenant_of(self, authorization: str, *, identity: str = "", door: str = "") -> str:
        """The tenant of a sender; empty: this process's own.

        Args:
            authorization: the header of that name; empty: there is none.
            identity: what the certificate of its connection says, as `identity_of`; empty: it showed none.
            door: the protocol in one word, for metrics.

        Raises Unauthenticated, Forbidden, and NotKnownYet, which is Overloaded: the sender is to come again.
        """
        if not self.asks:
            return ""
        try:
            if self._tokens is not None and (authorization or not identity or not self._tenants):
                return self._of_token(self._tokens, secret_in(authorization))
            return self._of_certificate(identity)
        except (Unauthenticated, Forbidden) as error:
            self._note(door, error)
            raise

    def _of_token(self, tokens: Tokens, secret: str) -> str:
        if not is_secret(secret):
            raise Unauthenticated("malformed", "that is no token of Logmesh, or not all of it: logmesh token create")
        digest = digest_of(secret)
        found = tokens.current.by_digest.get(digest) if tokens.current is not None else None
        if found is None:
            self._check_known(tokens, digest)
            raise Unauthenticated("unknown_token", f"the token {_id(secret)} is unknown, was revoked, or has expired")
        if found.expires_unix <= self._clock():
            raise Unauthenticated("expired_token", f"the token {found.id} has expired")
        return found.tenant

    def _check_known(self, tokens: Tokens, digest: bytes) -> None:
        """Raise NotKnownYet until the gateway was asked after this token was seen for the first time."""
        seen = self._first_seen.setdefault(digest, time.monotonic())
        self._first_seen.move_to_end(digest)
        if len(self._first_seen) > _MOST_SEEN:
            self._first_seen.popitem(last=False)
        if tokens.current is None or tokens.asked_at <= seen:
            tokens.want()
            raise NotKnownYet("this receiver is asking whether the token is good")

    def _of_certificate(self, identity: str) -> str:
        if not identity:
            raise Unauthenticated("no_certificate", "senders must show a certificate here")
        if not self._tenants:
            return ""
        if (tenant := self._tenants.get(identity)) is None:
            raise Forbidden("unknown_identity", f"{identity} may not send here: LOGMESH_TENANTS does not name it")
        return tenant

    def _note(self, door: str, error: Unauthenticated | Forbidden) -> None:
        """Counts each, and logs one of a kind a minute: whoever sends once sends often."""
        metrics.SENDERS_TURNED_AWAY.labels(door, error.reason).inc()
        key, now = (door, error.reason), self._clock()
        at, unsaid = self._said.get(key, (0.0, 0))
        if abs(now - at) < _SAY_SECONDS:
            self._said[key] = at, unsaid + 1
            return
        self._said[key] = now, 0
        log.warning(
            "a sender was turned away",
            event_name="sender_turned_away",
            door=door,
            reason=str(error),
            others_since=unsaid,
        )


def _id(secret: str) -> str:
    return secret.split("_")[1]
