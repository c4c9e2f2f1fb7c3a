"""Keeps what is known of a node's pods up to date: a list of them, then what becomes of each, over and over.

Where the server can't be asked, what is known stays, and the attempts go on.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from typing import Any, Final

import aiohttp
import structlog

from logmesh.client.backoff import Backoff
from logmesh.producer.containers.api_server import ANY_VERSION, OPENED, ApiError, ApiServer, Gone, Refused
from logmesh.producer.containers.pod import Pod
from logmesh.producer.containers.pods import Pods
from logmesh.runtime import metrics

log = structlog.get_logger()

_FIRST_PAUSE_SECONDS: Final = 0.5
_MOST_PAUSE_SECONDS: Final = 30.0
_SOON_SECONDS: Final = 1.0
"""A watch that ends so soon, and has said nothing, was cut off."""


class PodWatch:
    """Tells `pods` of the pods of `node`; `read` makes one of what the server says."""

    def __init__(self, server: ApiServer, node: str, pods: Pods, read: Callable[[Any], Pod | None]) -> None:
        self._server, self._node, self._pods, self._read = server, node, pods, read
        # As of when what is known is; empty where a list has to come first.
        self._version = ""
        self._list_as_of = ANY_VERSION
        self._backoff = Backoff(_FIRST_PAUSE_SECONDS, _MOST_PAUSE_SECONDS)
        self._is_open = False
        # Failures since the server answered last, and what was said last of how things are.
        self._failures = 0
        self._said_watched: bool | None = None

    async def run(self) -> None:
        """Until it is cancelled."""
        try:
            while True:
                await self._try()
        finally:
            metrics.PODS_WATCHED.set(0)

    async def _try(self) -> None:
        self._is_open = False
        try:
            if not self._version:
                await self._list()
            await self._watch()
        except Gone:
            metrics.POD_WATCH_ENDS.labels("gone").inc()
            # What the server has at hand may be as old.
            self._version = self._list_as_of = ""
            await asyncio.sleep(self._backoff.pause())
        except Refused as error:
            await self._fail("refused", str(error))
        except ApiError as error:
            self._version = ""  # the same would come again
            await self._fail("damaged", str(error))
        except (aiohttp.ClientError, OSError) as error:
            if self._is_open and isinstance(error, TimeoutError):
                # Where nothing happens, nothing may be said; or the connection is dead, which the next attempt tells.
                metrics.POD_WATCH_ENDS.labels("silent").inc()
            else:
                await self._fail("unreachable", str(error) or "no answer in time")

    async def _list(self) -> None:
        given, self._version = await self._server.pods(self._node, self._list_as_of)
        self._list_as_of = ANY_VERSION
        self._pods.replace(pod for one in given if (pod := self._read(one)) is not None)
        self._backoff.reset()

    async def _watch(self) -> None:
        began, heard = time.monotonic(), False
        async with aclosing(self._server.events(self._node, self._version)) as events:
            async for kind, version, what in events:
                if kind == OPENED:
                    self._opened()
                    continue
                heard = True
                self._backoff.reset()
                if kind != "BOOKMARK" and (pod := self._read(what)) is not None:
                    (self._pods.lose if kind == "DELETED" else self._pods.put)(pod)
                self._version = version
        if not heard and time.monotonic() - began < _SOON_SECONDS:
            raise aiohttp.ClientConnectionError("a watch was ended as soon as it began")

    def _opened(self) -> None:
        self._is_open, self._failures = True, 0
        metrics.PODS_WATCHED.set(1)
        if self._said_watched is not True:
            self._said_watched = True
            log.info("pods are watched", event_name="pods_watched", node=self._node, pods=len(self._pods))

    async def _fail(self, reason: str, why: str) -> None:
        """Says it, unless the server has just answered, as one does that is restarted, and waits a while."""
        metrics.POD_WATCH_ENDS.labels(reason).inc()
        self._failures += 1
        if self._failures > 1 or self._said_watched is None:
            metrics.PODS_WATCHED.set(0)
            if self._said_watched is not False:
                self._said_watched = False
                log.warning(
                    "the API server can't be asked for pods; records of those it has not named say what their path says",
                    event_name="pods_not_watched",
                    server=self._server.url,
                    node=self._node,
                    error=why,
                )
        await asyncio.sleep(self._backoff.pause())
