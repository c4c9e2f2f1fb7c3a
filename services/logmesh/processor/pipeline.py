"""`PipelineService` as a processor answers it: its own state. The ledger is a gateway's to read."""

from typing import Any

import grpc
from google.protobuf.duration_pb2 import Duration

from logmesh import __version__
from logmesh.journal import Journal
from logmesh.processor.fanout import Fanout
from logmesh.processor.sessions import Sessions
from logmesh.processor.settings import ProcessorSettings
from logmesh.processor.writer import Writer
from logmesh.v1 import pipeline_service_pb2 as pb
from logmesh.v1.pipeline_service_pb2_grpc import PipelineServiceServicer


class PipelineServicer(PipelineServiceServicer):
    """Answers ListProcessors with one entry."""

    def __init__(
        self, settings: ProcessorSettings, sessions: Sessions, journal: Journal, writer: Writer, fanout: Fanout
    ) -> None:
        self._settings, self._sessions, self._journal, self._writer = settings, sessions, journal, writer
        self._fanout = fanout
        self.ready = False

    async def ListLedger(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Not here."""
        await _ask_a_gateway(context)

    async def GetSummary(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Not here."""
        await _ask_a_gateway(context)

    async def ListFacts(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Not here."""
        await _ask_a_gateway(context)

    async def AcknowledgeFacts(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Not here."""
        await _ask_a_gateway(context)

    async def ListAcknowledgements(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Not here."""
        await _ask_a_gateway(context)

    async def ListProcessors(  # noqa: N802
        self, request: pb.ListProcessorsRequest, context: Any
    ) -> pb.ListProcessorsResponse:
        """This processor's streams, log, and lag."""
        lag = Duration()
        lag.FromNanoseconds(int(self._writer.lag_seconds() * 1e9))
        state = pb.ProcessorState(
            name=self._settings.name,
            streams=len(self._sessions),
            wal_bytes=self._journal.bytes_used(),
            unwritten_batches=self._writer.unwritten(),
            lag=lag,
            version=__version__,
            track=self._settings.track,
            ready=self.ready,
            wal_fill=self._journal.fill(),
            tails=len(self._fanout),
            stored=self._writer.stored,
            rejected=self._writer.rejected,
            write_errors=self._writer.write_errors,
        )
        return pb.ListProcessorsResponse(processors=[state])


async def _ask_a_gateway(context: Any) -> None:
    """The ledger is the database's, which a processor's role may write and not read out."""
    await context.abort(grpc.StatusCode.UNIMPLEMENTED, "ask a gateway: a processor knows its own state alone")
