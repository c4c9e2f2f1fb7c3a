"""Who may send to a receiver, by its settings, for as long as it runs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import structlog

from logmesh.producer.receivers.callers import Callers
from logmesh.producer.receivers.token_keeper import TokenKeeper
from logmesh.producer.settings import ProducerSettings
from logmesh.runtime.listening import is_loopback

if TYPE_CHECKING:
    from logmesh.producer.receivers.access import Access

log = structlog.get_logger()


@contextlib.asynccontextmanager
async def opened_callers(settings: ProducerSettings) -> AsyncIterator[Callers]:
    """Yield them. Where tokens are asked for, the gateway is asked until the body ends, which is cancelled when that fails for good.

    Raises OSError for files of certificates or of an issuer's keys that can't be read, ValueError for keys that are none.
    """
    in_plaintext = settings.door_tls is None and settings.mesh == "none"
    if in_plaintext and settings.knows_senders and not is_loopback(settings.listen_address):
        log.warning("senders show their tokens in plaintext: LOGMESH_DOOR_TLS_CERT is unset", event_name="tokens_plain")
    async with _keeper(settings) as keeper:
        yield Callers(
            keeper,
            settings.tenants,
            access=await _access(settings),
            certificates=settings.door_tls_ca is not None,
            unnamed=settings.syslog_tenant,
            mesh=settings.mesh,
        )


async def _access(settings: ProducerSettings) -> "Access | None":
    if not settings.jwt_issuer:
        return None
    # Only where it is used: its libraries take some MiB.
    from logmesh.producer.receivers.access import Access
    from logmesh.runtime.access_tokens import tokens_of

    return Access(await tokens_of(settings), settings.jwt_ingest_role)


@contextlib.asynccontextmanager
async def _keeper(settings: ProducerSettings) -> AsyncIterator[TokenKeeper | None]:
    if not settings.gateway:
        yield None
        return
    keeper = TokenKeeper(settings)
    try:
        await keeper.open()
        async with asyncio.TaskGroup() as tasks:
            keeping = tasks.create_task(keeper.run())
            try:
                yield keeper
            finally:
                keeping.cancel()
    except BaseExceptionGroup as group:
        if len(group.exceptions) > 1:
            raise
        only = group.exceptions[0]  # what the body raises is that, and not a group
        raise only from only.__cause__
    finally:
        await keeper.close()
