"""How a process begins and ends: settings, logging, metrics, an event loop on uvloop, signals that drain."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
import uvloop
from pydantic import ValidationError

from logmesh.runtime.certificates import export_expiry
from logmesh.runtime.memory import collect_seldom, share_arenas
from logmesh.runtime.metrics import REGISTRIES
from logmesh.runtime.settings import BaseProcessSettings
from logmesh.runtime.telemetry import configure_logging, configure_tracing, serve_metrics

S = TypeVar("S", bound=BaseProcessSettings)


Main = Callable[[S, asyncio.Event], Awaitable[int | None]]


def run(service_name: str, settings_class: type[S], main: Main[S]) -> int:
    """Run `main(settings, stop)` to its end and return the exit code: its own or 0, 1 for a failure, 2 for wrong settings.

    The first SIGTERM or SIGINT sets `stop`; a second one ends the process as it would any other.
    """
    try:
        settings = settings_class()
    except ValidationError as error:
        for problem in error.errors():
            name = "LOGMESH_" + "_".join(map(str, problem["loc"])).upper() if problem["loc"] else "settings"
            print(f"{service_name}: {name}: {problem['msg']}", file=sys.stderr)
        return 2
    share_arenas()
    collect_seldom()
    configure_logging(settings)
    flush_traces = configure_tracing(service_name)
    log = structlog.get_logger()
    try:
        if settings.tls is not None:
            settings.tls.current()  # a file that is missing or wrong ends the start, and not a call later
            export_expiry(settings.tls)
        serve_metrics(settings, REGISTRIES[service_name])
        return uvloop.run(_until_signal(settings, main)) or 0
    except Exception as raised:
        for leaf in _leaves(raised):
            log.error(
                "cannot go on",
                event_name="failed",
                error=f"{type(leaf).__name__}: {leaf}",
                exc_info=None if isinstance(leaf, OSError) else leaf,
            )
        return 1
    finally:
        flush_traces()


async def _until_signal(settings: S, main: Main[S]) -> int | None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal() -> None:
        stop.set()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    return await main(settings, stop)


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in _leaves(inner)]
    return [error]
