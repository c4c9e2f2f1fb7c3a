"""Shows on /metrics what the ledger lacks. One processor leads and shows it, whichever has the lock; the others show nothing."""

import asyncio
import random
from typing import Final

import asyncpg
import structlog

from logmesh.client.backoff import Backoff
from logmesh.processor.settings import ProcessorSettings
from logmesh.runtime import metrics
from logmesh.storage.accounts import Account, may_lead, read_accounts
from logmesh.storage.failures import describe
from logmesh.storage.postgres import owner_session

log = structlog.get_logger()

MOST_TENANTS: Final = 100
"""That have series of their own: those that lack most."""
OTHERS: Final = "(others)"
EVERY_SECONDS: Final = 15.0
_STATES: Final = ("lost", "missing", "unaccounted")
_READ_SECONDS: Final = 10.0
_RETRY_SECONDS: Final = 5.0
_RETRY_MOST_SECONDS: Final = 300.0


async def keep_accounts(settings: ProcessorSettings) -> None:
    """Work until cancelled. Nothing of it stops the processor."""
    dsn = (settings.owner_dsn or settings.database_dsn).get_secret_value()
    backoff = Backoff(_RETRY_SECONDS, _RETRY_MOST_SECONDS)
    while True:
        try:
            async with owner_session(dsn, application="logmesh-accounts") as connection:
                if await may_lead(connection):
                    backoff.reset()
                    await _lead(connection)
        except Exception as error:  # noqa: BLE001  # see above
            log.warning("the ledger's accounts are not read", event_name="accounts_failed", error=describe(error))
            await asyncio.sleep(backoff.pause())
        else:
            await asyncio.sleep(random.uniform(0.5, 1) * EVERY_SECONDS)  # noqa: S311  # another one leads


async def _lead(connection: "asyncpg.Connection") -> None:
    """Read and show for as long as the session is there: whoever has the lock next must not find these beside its own."""
    connection.add_termination_listener(lambda _: metrics.LEDGER_BATCHES.clear())
    log.info("this processor shows what the ledger lacks", event_name="accounts_lead")
    shown: set[str] = set()
    try:
        while True:
            async with asyncio.timeout(_READ_SECONDS):
                accounts = await read_accounts(connection, MOST_TENANTS)
            shown = _show(accounts, shown)
            await asyncio.sleep(EVERY_SECONDS)
    finally:
        metrics.LEDGER_BATCHES.clear()


def _show(accounts: list[Account], shown: set[str]) -> set[str]:
    """Show these, and no longer those of `shown` that are none of them; return the tenants."""
    found = {OTHERS if account.tenant is None else account.tenant: account for account in accounts}
    for tenant, account in found.items():
        for state in _STATES:
            metrics.LEDGER_BATCHES.labels(tenant, state).set(getattr(account, state))
    for tenant in shown - found.keys():
        for state in _STATES:
            metrics.LEDGER_BATCHES.remove(tenant, state)
    return set(found)
