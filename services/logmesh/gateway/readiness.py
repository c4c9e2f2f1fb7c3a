"""When a gateway is ready: while the database answers, and unless there are records that it would not answer."""

import asyncio
import time
from typing import Final

import asyncpg
import structlog

from logmesh.gateway.settings import GatewaySettings
from logmesh.runtime.server import Health
from logmesh.storage.postgres import open_pool

log = structlog.get_logger()

_CHECK_SECONDS: Final = 2.0
_LAKE_SECONDS: Final = 30.0
_REFUSED: Final = (
    "the lake has records, which a gateway with LOGMESH_STORE=rows does not find: leave it at lake, which answers rows, too, until"
    " retention has taken the last of these, or set LOGMESH_ROWS_ALONE=true to do without them"
)
_LATER: Final = "records go to the lake, and this gateway finds none of them: it needs LOGMESH_STORE=lake"


async def keep_ready(settings: GatewaySettings, health: Health) -> None:
    """Tell `health`, on a connection of its own: busy queries are no reason to turn away. Ends where a gateway of rows alone must not
    start, for the lake has records; where it gets some later, it says so once."""
    ready: bool | None = None
    is_alone, was_ready, look_at = settings.store == "rows" and not settings.rows_alone, False, 0.0
    check = await open_pool(
        settings.database_dsn.get_secret_value(), application=f"logmesh-gateway {settings.name} health", size=1
    )
    try:
        while True:
            now_ready = await _answers(check)
            if now_ready and is_alone and time.monotonic() >= look_at:
                look_at = time.monotonic() + _LAKE_SECONDS
                if await _lake_holds_records(check):
                    log.error(_LATER if was_ready else _REFUSED, event_name="lake_unanswered")
                    if not was_ready:
                        return
                    is_alone = False
            if now_ready is not ready:
                log.info("readiness changed", event_name="readiness", ready=now_ready)
            ready, was_ready = now_ready, was_ready or now_ready
            await health.set_serving(ready)
            await asyncio.sleep(_CHECK_SECONDS if ready else 0.2)
    finally:
        check.terminate()


async def _answers(pool: "asyncpg.Pool") -> bool:
    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            return bool(await pool.fetchval("SELECT 1") == 1)
    except Exception:  # noqa: BLE001  # whatever it is, the database did not answer
        return False


async def _lake_holds_records(pool: "asyncpg.Pool") -> bool:
    """False as well where the schema knows no lake, or can't be asked now."""
    try:
        return bool(await pool.fetchval("SELECT records FROM logmesh.lake_holds", timeout=_CHECK_SECONDS))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
