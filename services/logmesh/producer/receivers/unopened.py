"""Tenants whose spools can't be opened: people are told of each, and it is tried again."""

import time
from pathlib import Path
from typing import Final, NamedTuple

import structlog

from logmesh.producer.receivers.received import Overloaded
from logmesh.runtime import metrics

log = structlog.get_logger()

_AGAIN_SECONDS: Final = 10.0
"""After which a spool is tried again."""
_REASON: Final = "this receiver can't open the spool of the tenant at present; its log says why"


class _Unopened(NamedTuple):
    error: str
    again_at: float
    """From which time.monotonic() on it is tried again."""


class Unopened:
    """Of one event loop."""

    def __init__(self) -> None:
        self._by_tenant: dict[str, _Unopened] = {}

    def __bool__(self) -> bool:
        return bool(self._by_tenant)

    def tenants(self) -> set[str]:
        """Whose spools could not be opened when it was tried last."""
        return set(self._by_tenant)

    def check(self, tenant: str) -> None:
        """Raise Overloaded where it is too early to try again."""
        if (known := self._by_tenant.get(tenant)) is not None and time.monotonic() < known.again_at:
            raise Overloaded(_REASON, _AGAIN_SECONDS)

    def add(self, tenant: str, folder: Path, error: Exception) -> Overloaded:
        """Its spool in `folder` could not be opened: what its senders are answered. People are told once for each reason."""
        said = f"{type(error).__name__}: {error}"
        known = self._by_tenant.get(tenant)
        self._by_tenant[tenant] = _Unopened(said, time.monotonic() + _AGAIN_SECONDS)
        metrics.SPOOLS_UNAVAILABLE.set(len(self._by_tenant))
        if known is None or known.error != said:
            log.error(
                "a tenant's spool can't be opened: its senders are asked to come again, and what is in it waits; mend its folder, or"
                " move it elsewhere for a new one to begin; it is tried again",
                event_name="spool_unavailable",
                tenant=tenant,
                folder=str(folder),
                error=said,
            )
        return Overloaded(_REASON, _AGAIN_SECONDS)

    def remove(self, tenant: str) -> None:
        """Its spool is open."""
        if self._by_tenant.pop(tenant, None) is not None:
            log.info("a spool can be opened again", event_name="spool_available", tenant=tenant)
            metrics.SPOOLS_UNAVAILABLE.set(len(self._by_tenant))
