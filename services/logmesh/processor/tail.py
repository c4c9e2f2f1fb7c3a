"""`TailService` as a processor answers it: its own records as they become durable, for gateways, which know what they hold."""

from typing import Any

import grpc
import structlog

from logmesh.filters import FilterError, parse_filter
from logmesh.live.frames import TENANT_KEY, ReaderGone, ReaderStopped, send_frames
from logmesh.processor.fanout import Fanout, Subscriber
from logmesh.processor.ingest import DEFAULT_TENANT
from logmesh.processor.settings import ProcessorSettings
from logmesh.v1 import tail_service_pb2 as pb

log = structlog.get_logger()


class TailServicer:
    """The handler; what it offers begins with the call. Backlog and resumption are a gateway's.

    A caller says whose records it wants, and is believed: the server lets in none but LOGMESH_CALLERS.
    """

    def __init__(self, settings: ProcessorSettings, fanout: Fanout) -> None:
        self._settings, self._fanout = settings, fanout

    async def tail(self, request: pb.TailRequest, context: Any) -> None:
        """Follow until the caller goes. INVALID_ARGUMENT for a wrong filter, or one with a token or a backlog;
        RESOURCE_EXHAUSTED for too many tails, and for a caller that does not read for 30 s."""
        if request.resume_token or request.HasField("backlog"):
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "ask a gateway for what was before")
        try:
            node = parse_filter(request.filter)
        except FilterError as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        metadata = dict(context.invocation_metadata() or ())
        subscriber = Subscriber(str(metadata.get(TENANT_KEY, DEFAULT_TENANT)), request.filter, node)
        if len(self._fanout) >= self._settings.max_tails:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too many tails are open")
        self._fanout.add(subscriber)  # with nothing to wait for in between
        try:
            await context.send_initial_metadata(())
            await send_frames(subscriber, context.write)
        except ReaderGone:
            return
        except ReaderStopped as error:
            log.info("a tail stopped reading", event_name="tail_stalled")
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, str(error))
        finally:
            self._fanout.remove(subscriber)
