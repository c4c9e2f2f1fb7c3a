"""Who may send to a receiver, by its settings, for as long as it runs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import structlog

from logmesh.producer.receivers.callers import Callers
from logmesh.producer.receivers.token_keeper import TokenKeeper
from logmesh.producer.settings import ProducerSettings
from logmesh.runtime.listening import is_loopback

log = structlog.get_logger()


@contextlib.asynccontextmanager
async def opened_callers(settings: ProducerSettings) -> AsyncIterator[Callers]:
    """Yield them. Where tokens are asked for, the gateway is asked until the body ends, which is cancelled when that fails for good.

    Raises OSError for certificates that can't be read.
    """
    certificates = settings.door_tls_ca is not None
    if not settings.gateway:
        yield Callers(None, settings.tenants, certificates=certificates, unnamed=settings.syslog_tenant)
        return
    if settings.door_tls is None and not is_loopback(settings.listen_address):
        log.warning("senders show their tokens in plaintext: LOGMESH_DOOR_TLS_CERT is unset", event_name="tokens_plain")
    keeper = TokenKeeper(settings)
    try:
        await keeper.open()
        async with asyncio.TaskGroup() as tasks:
            keeping = tasks.create_task(keeper.run())
            try:
                yield Callers(keeper, settings.tenants, certificates=certificates, unnamed=settings.syslog_tenant)
            finally:
                keeping.cancel()
    finally:
        await keeper.close()
