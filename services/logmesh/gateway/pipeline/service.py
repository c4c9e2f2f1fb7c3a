"""`PipelineService` as a gateway answers it: the ledger from the database, the processors each from itself."""

from typing import Any

from logmesh.gateway.answers.answering import answering
from logmesh.gateway.callers.administrators import administrator
from logmesh.gateway.callers.tenant import tenant_of_call
from logmesh.gateway.pipeline.acknowledge_facts import acknowledge_facts
from logmesh.gateway.pipeline.get_summary import certain_before_seconds, send_to, sum_ledger, summarize
from logmesh.gateway.pipeline.ledger import Ledger
from logmesh.gateway.pipeline.list_acknowledgements import list_acknowledgements
from logmesh.gateway.pipeline.list_facts import list_facts
from logmesh.gateway.pipeline.list_ledger import list_ledger
from logmesh.gateway.pipeline.list_processors import list_processors
from logmesh.gateway.processors.states import ProcessorStates
from logmesh.gateway.settings import GatewaySettings
from logmesh.rows.reader import Reader
from logmesh.v1 import pipeline_service_pb2 as pb
from logmesh.v1.pipeline_service_pb2_grpc import PipelineServiceServicer


class PipelineServicer(PipelineServiceServicer):
    """Reads the ledger with `reader`, and asks the processors that the settings name."""

    def __init__(self, settings: GatewaySettings, reader: Reader) -> None:
        self._settings, self._ledger, self._processors = settings, Ledger(reader), ProcessorStates(settings)

    @property
    def _tenant(self) -> str:
        """The tenant of the call under way."""
        return tenant_of_call(self._settings.tenant)

    async def close(self) -> None:
        """Close the channels to processors."""
        await self._processors.close()

    async def ListLedger(self, request: pb.ListLedgerRequest, context: Any) -> pb.ListLedgerResponse:  # noqa: N802
        """One entry a spool, the latest first."""
        async with answering(context, "ListLedger"):
            return await list_ledger(self._ledger, self._tenant, request)

    async def ListProcessors(  # noqa: N802
        self, request: pb.ListProcessorsRequest, context: Any
    ) -> pb.ListProcessorsResponse:
        """The state of every processor, by name; one that does not answer is not ready and has no version.

        It is listed by the name that it last answered with, or by its address if it never answered. UNAVAILABLE when it is
        not known which processors there are.
        """
        async with answering(context, "ListProcessors"):
            return list_processors(await self._processors.states())

    async def GetSummary(self, request: pb.GetSummaryRequest, context: Any) -> pb.GetSummaryResponse:  # noqa: N802
        """Lost, unaccounted, lag. Fails when the ledger can't be read: a figure that nobody knows must not be 0."""
        async with answering(context, "GetSummary"):
            states = await self._processors.states()
            sums = await sum_ledger(self._ledger, self._tenant, certain_before_seconds(states))
            summary = summarize(sums, states)
            if sums.last_commit is None:
                summary.send_to.CopyFrom(send_to(self._settings))
            return summary

    async def ListFacts(self, request: pb.ListFactsRequest, context: Any) -> pb.ListFactsResponse:  # noqa: N802
        """What nobody has acknowledged yet, by kind and spool."""
        async with answering(context, "ListFacts"):
            return await list_facts(self._ledger, self._tenant, request)

    async def AcknowledgeFacts(  # noqa: N802
        self, request: pb.AcknowledgeFactsRequest, context: Any
    ) -> pb.AcknowledgeFactsResponse:
        """Note that facts were seen. PERMISSION_DENIED for a token without the administrator's role.

        Where no tokens are asked for, everyone who can reach the API may; another site's page in a browser can't, for it would
        have to name spools by ids that it can't read.
        """
        who = await administrator(context, self._settings, by=request.by, action="acknowledge")
        async with answering(context, "AcknowledgeFacts"):
            return pb.AcknowledgeFactsResponse(
                batches=await acknowledge_facts(self._ledger, self._tenant, request, who)
            )

    async def ListAcknowledgements(  # noqa: N802
        self, request: pb.ListAcknowledgementsRequest, context: Any
    ) -> pb.ListAcknowledgementsResponse:
        """Who acknowledged what, when and why, the latest first."""
        async with answering(context, "ListAcknowledgements"):
            return await list_acknowledgements(self._ledger, self._tenant, request)
