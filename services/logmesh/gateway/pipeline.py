"""`PipelineService` as a gateway answers it: the ledger from the database, the processors each from itself."""

import asyncio
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
import grpc
import structlog
from google.protobuf.duration_pb2 import Duration

from logmesh.gateway.discovery import DiscoveryError, resolve_target
from logmesh.gateway.failures import QUERY_FAILURES, status_of
from logmesh.gateway.reader import reading
from logmesh.gateway.settings import GatewaySettings
from logmesh.gateway.summary import summarize
from logmesh.gateway.tenant import tenant_of_call
from logmesh.runtime.channel import open_channel
from logmesh.storage.multirange import from_multirange
from logmesh.storage.sql import load
from logmesh.v1 import pipeline_service_pb2 as pb
from logmesh.v1.ingest_service_pb2 import SeqRange
from logmesh.v1.pipeline_service_pb2_grpc import PipelineServiceServicer, PipelineServiceStub

log = structlog.get_logger()

DEFAULT_PAGE_SIZE: Final = 100
MAX_PAGE_SIZE: Final = 1_000
_LEDGER_SECONDS: Final = 5.0


class PipelineServicer(PipelineServiceServicer):
    """Reads the ledger from `pool`, which is the reader's, and asks the processors that the settings name."""

    def __init__(self, settings: GatewaySettings, pool: "asyncpg.Pool") -> None:
        self._settings, self._pool = settings, pool
        self._names: dict[str, str] = {}

    async def ListLedger(self, request: pb.ListLedgerRequest, context: Any) -> pb.ListLedgerResponse:  # noqa: N802
        """One entry a spool, the latest first."""
        if request.page_size > MAX_PAGE_SIZE:
            await context.abort(
                grpc.StatusCode.INVALID_ARGUMENT,
                f"page_size is {request.page_size}, and {MAX_PAGE_SIZE} is the most",
            )
        return pb.ListLedgerResponse(entries=await self._ledger(request.page_size or DEFAULT_PAGE_SIZE, context))

    async def ListProcessors(  # noqa: N802
        self, request: pb.ListProcessorsRequest, context: Any
    ) -> pb.ListProcessorsResponse:
        """The state of every processor, by name; one that does not answer is not ready and has no version.

        It is listed by the name that it last answered with, or by its address if it never answered.
        """
        return pb.ListProcessorsResponse(processors=await self._states(context))

    async def GetSummary(self, request: pb.GetSummaryRequest, context: Any) -> pb.GetSummaryResponse:  # noqa: N802
        """Lost, unaccounted, lag."""
        entries = await self._ledger(MAX_PAGE_SIZE, context)
        return summarize(entries, await self._states(context), datetime.now(UTC).replace(tzinfo=None))

    async def _ledger(self, limit: int, context: Any) -> list[pb.LedgerEntry]:
        try:
            async with reading(self._pool, tenant_of_call(self._settings.tenant), _LEDGER_SECONDS) as connection:
                rows = await connection.fetch(load("list_ledger"), limit)
        except QUERY_FAILURES as error:
            code, text = status_of(error)
            log.warning("the ledger can't be read", event_name="ledger_failed", code=code.name, error=repr(error))
            await context.abort(code, text)
        return [ledger_entry(row) for row in rows]

    async def _states(self, context: Any) -> list[pb.ProcessorState]:
        if not self._settings.processors:
            return []
        try:
            addresses = await resolve_target(self._settings.processors)
        except DiscoveryError as error:
            log.warning("no processor is found", event_name="discovery_failed", error=str(error))
            await context.abort(grpc.StatusCode.UNAVAILABLE, str(error))
        self._names = {address: name for address, name in self._names.items() if address in addresses}
        answers = await asyncio.gather(*(self._ask(address) for address in addresses))
        return sorted((state for answer in answers for state in answer), key=lambda state: state.name)

    async def _ask(self, address: str) -> list[pb.ProcessorState]:
        scheme = "ipv6" if address.startswith("[") else "ipv4"
        channel = open_channel(f"{scheme}:{address}", self._settings.tls, server_name=self._settings.tls_server_name)
        try:
            answer = await PipelineServiceStub(channel).ListProcessors(
                pb.ListProcessorsRequest(), timeout=self._settings.processor_seconds
            )
        except grpc.aio.AioRpcError as error:
            log.warning(
                "a processor does not answer",
                event_name="processor_unreachable",
                address=address,
                code=error.code().name,
            )
            return [pb.ProcessorState(name=self._names.get(address, address), ready=False)]
        finally:
            await channel.close(None)
        for state in answer.processors:
            self._names[address] = state.name
        return list(answer.processors)


def ledger_entry(row: Any) -> pb.LedgerEntry:
    """A row of list_ledger.sql: what was received of 1 to `last_seq`, and which ranges of it were not."""
    committed = from_multirange(row["committed"])
    entry = pb.LedgerEntry(
        spool_id=row["spool_id"],
        producer=row["producer"],
        last_seq=committed.highest(),
        missing=[SeqRange(first=first, last=last) for first, last in committed.missing()],
        lost=[SeqRange(first=first, last=last) for first, last in from_multirange(row["lost"])],
        stored=row["stored"],
        dead_letters=row["dead_letters"],
    )
    if row["last_commit"] is not None:
        entry.last_commit_time.FromDatetime(row["last_commit"])
    if row["lag"] is not None:
        lag = Duration()
        lag.FromNanoseconds(int(row["lag"] * 1e9))
        entry.lag.CopyFrom(lag)
    return entry
