"""`TailService` as a gateway answers it: checks a request, runs a tail, and ends it when the client stops reading."""

import asyncio
import time
from typing import Any, Final

import grpc
import structlog

from logmesh.filters import FilterError, parse_filter
from logmesh.filters.ast import Node
from logmesh.gateway.callers.tenant import TokenExpired, tenant_of_call, token_expires
from logmesh.gateway.settings import GatewaySettings
from logmesh.gateway.tail.loader import Loader
from logmesh.gateway.tail.processors import Processors
from logmesh.gateway.tail.readings import Readings, SharedReadings
from logmesh.gateway.tail.standing import ResumeTokenError, Standing, read_token
from logmesh.gateway.tail.tail import Tail
from logmesh.live.frames import ReaderGone, ReaderStopped, send_frames
from logmesh.rows.reader import Reader
from logmesh.runtime import metrics
from logmesh.store.errors import StoreError
from logmesh.store.store import Store
from logmesh.v1 import tail_service_pb2 as pb

log = structlog.get_logger()

MAX_BACKLOG_SECONDS: Final = 3600
_RINGS_BYTES: Final = 16 << 20
_MOST_BYTES: Final = 4 << 20
_LEAST_BYTES: Final = 128 << 10
_UNSURE_MICROSECONDS: Final = 5 * 10**6


class TailServicer:
    """Tails of records in `store`, and on the processors. `reader` reads which flushes there were; both have connections of the
    tails' own."""

    def __init__(self, settings: GatewaySettings, store: Store, reader: Reader) -> None:
        self._settings, self._store = settings, store
        self._processors = Processors(settings)
        self._readings = SharedReadings(reader)
        self._places = 0
        self._tails: set[Tail] = set()
        self._stopping = asyncio.Event()

    async def tail(self, request: pb.TailRequest, context: Any) -> None:
        """Follow until the client goes. INVALID_ARGUMENT says what is wrong with the request; RESOURCE_EXHAUSTED when too
        many tails are open or the client has not read for 30 s; UNAUTHENTICATED when the call's token expires, and
        UNAVAILABLE when the gateway stops: go on with the last resume token."""
        try:
            node, backlog_seconds = _read_request(request)
            standing = read_token(request.resume_token, request.filter) if request.resume_token else None
        except (FilterError, ResumeTokenError, ValueError) as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        if self._places >= self._settings.max_tails:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too many tails are open; try again later")
        code, text = grpc.StatusCode.UNAVAILABLE, "this gateway is stopping; go on with the last token"
        try:
            await self._follow(request, node, backlog_seconds, standing, context)
        except ReaderGone:
            return
        except ReaderStopped as error:
            log.info("a tail stopped reading", event_name="tail_stalled")
            code, text = grpc.StatusCode.RESOURCE_EXHAUSTED, str(error)
        except TokenExpired:
            code = grpc.StatusCode.UNAUTHENTICATED
            text = "the token has expired; go on with a new one, and with the last resume token"
        # gRPC holds a status back until the client reads again, so nothing of the tail is held any more here.
        await context.abort(code, text)

    def stop(self) -> None:
        """End all tails."""
        self._stopping.set()

    async def _follow(
        self, request: pb.TailRequest, node: Node, backlog_seconds: float, standing: Standing | None, context: Any
    ) -> None:
        """Follow in a place of its own. Raises as `_run`."""
        self._places += 1  # before anything is waited for
        try:
            tenant = tenant_of_call(self._settings.tenant)
            async with self._readings.of(tenant) as readings:
                standing = standing or await _start(readings, int(backlog_seconds * 10**6))
                from_the_past = bool(request.resume_token) or backlog_seconds > 0
                loader = Loader(self._store, tenant, node)
                tail = Tail(
                    tenant, request.filter, standing, loader, readings, self._processors, from_the_past=from_the_past
                )
                await self._send(tail, context)
        finally:
            self._places -= 1

    async def _send(self, tail: Tail, context: Any) -> None:
        """Raises as `_run`."""
        self._tails.add(tail)
        self._share_memory()
        try:
            await context.send_initial_metadata(())
            await self._run(tail, context)
        finally:
            self._tails.discard(tail)
            self._share_memory()

    async def _run(self, tail: Tail, context: Any) -> None:
        """Until the gateway stops. Raises ReaderStopped, ReaderGone, TokenExpired, or what went wrong."""
        work = [
            asyncio.create_task(tail.run()),
            asyncio.create_task(send_frames(tail.line, context.write)),
            asyncio.create_task(self._stopping.wait()),
            asyncio.create_task(token_expires()),
        ]
        try:
            done, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)

    def _share_memory(self) -> None:
        """Few tails may be far behind, many only a little: together they are bounded."""
        metrics.TAILS.set(len(self._tails))
        each = max(_LEAST_BYTES, min(_MOST_BYTES, _RINGS_BYTES // max(1, len(self._tails))))
        for tail in self._tails:
            tail.line.ring.max_bytes = each


def _read_request(request: pb.TailRequest) -> tuple[Node, float]:
    """The filter, and the seconds of backlog. Raises FilterError or ValueError."""
    seconds = request.backlog.seconds + request.backlog.nanos / 1e9
    if request.resume_token and request.HasField("backlog"):
        raise ValueError("resume_token and backlog don't go together: a token says where to begin")
    if not 0 <= seconds <= MAX_BACKLOG_SECONDS:
        raise ValueError(f"backlog is {seconds:g} s; 0 to {MAX_BACKLOG_SECONDS} are allowed")
    return parse_filter(request.filter), seconds


async def _start(readings: Readings, backlog: int) -> Standing:
    """Where a tail begins: now, or so many microseconds ago; by our clock, and a little before, while the database is away, for
    a tail can begin without it."""
    try:
        place = await readings.now()
    except StoreError:
        return Standing(None, time.time_ns() // 1000 - backlog - _UNSURE_MICROSECONDS)
    return Standing(None, place.moment - backlog) if backlog else Standing(place)
