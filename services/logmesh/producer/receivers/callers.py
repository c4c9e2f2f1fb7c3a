"""Whose records a sender may bring, by what it shows: a token, an issuer's access token, or the certificate of its connection."""

import time
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import structlog

from logmesh.producer.receivers.credentials import Forbidden, Unauthenticated, is_access_token, secret_in
from logmesh.producer.receivers.lookup import Lookup, NotKnownYet, Tokens
from logmesh.runtime import metrics
from logmesh.runtime.identity import Mesh

log = structlog.get_logger()

_SAY_SECONDS: Final = 60.0


class AccessTokens(Protocol):
    """Those of an issuer; see `Access`."""

    async def tenant_of(self, token: str) -> str:
        """The tenant that one names. Raises Unauthenticated, Forbidden."""


class Callers:
    """Where nothing is asked for everybody is let in, and what they send is this process's own tenant's."""

    def __init__(
        self,
        tokens: Tokens | None = None,
        tenants: Mapping[str, str] | None = None,
        *,
        access: AccessTokens | None = None,
        certificates: bool = False,
        unnamed: str = "",
        mesh: Mesh = "none",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`tenants` are by SPIFFE ID; with `certificates`, and without any other, whoever shows one is let in. `unnamed` is the
        tenant of syslog that shows none; empty: there is none. In a `mesh` with a sidecar, certificates are shown to that one. `clock`
        gives seconds since 1970."""
        self.mesh: Final = mesh
        self._lookup = None if tokens is None else Lookup(tokens, clock)
        self._access, self._tenants, self._certificates = access, tenants or {}, certificates
        self._unnamed, self._clock = unnamed, clock
        self._said: dict[tuple[str, str], tuple[float, int]] = {}

    @property
    def asks(self) -> bool:
        """Whether senders must show who they are."""
        return self._wants_tokens or bool(self._tenants) or self._certificates

    @property
    def tenant_of_unnamed(self) -> str | None:
        """The tenant of syslog whose sender shows no certificate, for it has no other way. Empty: this process's own; None: it is not
        to be taken."""
        return self._unnamed or (None if self.asks else "")

    def tenant_of_connection(self, identity: str, door: str) -> str:
        """The tenant of syslog whose sender shows a certificate, or could have; see `admit`. Raises Unauthenticated, Forbidden."""
        try:
            if identity and (self._tenants or not self._wants_tokens):
                return self._of_certificate(identity)
            if (tenant := self.tenant_of_unnamed) is None:
                raise Unauthenticated("no_certificate", "syslog needs a certificate that LOGMESH_TENANTS names")
        except (Unauthenticated, Forbidden) as error:
            self._note(door, error)
            raise
        return tenant

    async def admit(self, authorization: str, *, identity: str = "", door: str = "") -> str:
        """The tenant of a sender; empty: this process's own. It waits a moment for a token that may have been made just now.

        Args:
            authorization: the header of that name; empty: there is none.
            identity: what the certificate of its connection says, see `identities`; empty: it showed none.
            door: the protocol in one word, for metrics.

        Raises Unauthenticated, Forbidden, and NotKnownYet, which is Overloaded: the sender is to come again.
        """
        if not self.asks:
            return ""
        try:
            if self._wants_tokens and (authorization or not identity or not self._tenants):
                return await self._of_token(secret_in(authorization))
            return self._of_certificate(identity)
        except (Unauthenticated, Forbidden) as error:
            self._note(door, error)
            raise

    @property
    def _wants_tokens(self) -> bool:
        return self._lookup is not None or self._access is not None

    async def _of_token(self, secret: str) -> str:
        if self._access is not None and (self._lookup is None or is_access_token(secret)):
            return await self._access.tenant_of(secret)
        if self._lookup is None:
            raise AssertionError("one of the two is there where tokens are asked for")
        try:
            return self._lookup.tenant_of(secret)
        except NotKnownYet:
            await self._lookup.next_answer()
            return self._lookup.tenant_of(secret)

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
