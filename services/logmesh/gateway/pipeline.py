"""`PipelineService` as a gateway answers it: the ledger from the database, the processors each from itself."""

from typing import Any, Final

import asyncpg
import grpc

from logmesh.gateway.answering import answering
from logmesh.gateway.ledger import Ledger
from logmesh.gateway.settings import GatewaySettings
from logmesh.gateway.states import Processors
from logmesh.gateway.summary import certain_before_seconds, summarize
from logmesh.gateway.tenant import caller_of_call, tenant_of_call
from logmesh.gateway.tokens import Caller
from logmesh.runtime.identity import principal_of
from logmesh.v1 import pipeline_service_pb2 as pb
from logmesh.v1.pipeline_service_pb2_grpc import PipelineServiceServicer

NOT_AN_ADMINISTRATOR: Final = "the token's roles lack {role!r}, which it takes to acknowledge"


class PipelineServicer(PipelineServiceServicer):
    """Reads the ledger from `pool`, which is the reader's, and asks the processors that the settings name."""

    def __init__(self, settings: GatewaySettings, pool: "asyncpg.Pool") -> None:
        self._settings, self._ledger, self._processors = settings, Ledger(pool), Processors(settings)

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
            return await self._ledger.entries(self._tenant, request)

    async def ListProcessors(  # noqa: N802
        self, request: pb.ListProcessorsRequest, context: Any
    ) -> pb.ListProcessorsResponse:
        """The state of every processor, by name; one that does not answer is not ready and has no version.

        It is listed by the name that it last answered with, or by its address if it never answered. UNAVAILABLE when it is
        not known which processors there are.
        """
        states = await self._processors.states()
        if states.failure:
            await context.abort(grpc.StatusCode.UNAVAILABLE, states.failure)
        return pb.ListProcessorsResponse(processors=states.processors)

    async def GetSummary(self, request: pb.GetSummaryRequest, context: Any) -> pb.GetSummaryResponse:  # noqa: N802
        """Lost, unaccounted, lag. Fails when the ledger can't be read: a figure that nobody knows must not be 0."""
        async with answering(context, "GetSummary"):
            states = await self._processors.states()
            sums = await self._ledger.sums(self._tenant, certain_before_seconds(states))
            return summarize(sums, states)

    async def ListFacts(self, request: pb.ListFactsRequest, context: Any) -> pb.ListFactsResponse:  # noqa: N802
        """What nobody has acknowledged yet, by kind and spool."""
        async with answering(context, "ListFacts"):
            return await self._ledger.facts(self._tenant, request)

    async def AcknowledgeFacts(  # noqa: N802
        self, request: pb.AcknowledgeFactsRequest, context: Any
    ) -> pb.AcknowledgeFactsResponse:
        """Note that facts were seen. PERMISSION_DENIED for a token without the administrator's role.

        Where no tokens are asked for, everyone who can reach the API may; another site's page in a browser can't, for it would
        have to name spools by ids that it can't read.
        """
        caller, role = caller_of_call(), self._settings.jwt_admin_role
        if caller is not None and role not in caller.roles:
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, NOT_AN_ADMINISTRATOR.format(role=role))
        who = _name_of(caller, request, context)
        async with answering(context, "AcknowledgeFacts"):
            return pb.AcknowledgeFactsResponse(batches=await self._ledger.acknowledge(self._tenant, request, who))

    async def ListAcknowledgements(  # noqa: N802
        self, request: pb.ListAcknowledgementsRequest, context: Any
    ) -> pb.ListAcknowledgementsResponse:
        """Who acknowledged what, when and why, the latest first."""
        async with answering(context, "ListAcknowledgements"):
            return await self._ledger.acknowledgements(self._tenant, request)


def _name_of(caller: Caller | None, request: pb.AcknowledgeFactsRequest, context: Any) -> str:
    """Who says so: a token speaks for itself, and without one everybody does."""
    if caller is None:
        return request.by.strip() or principal_of(context)
    return caller.name or "a token without a name"
