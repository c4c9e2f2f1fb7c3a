"""`TokenService` and `ReceiverService` as a gateway answers them."""

from typing import Any, Final

import grpc

from logmesh.gateway.answers.answering import answering
from logmesh.gateway.callers.administrators import administrator
from logmesh.gateway.callers.tenant import tenant_of_call
from logmesh.gateway.pipeline.ledger import Ledger
from logmesh.gateway.requests.checks import RequestError, read_name
from logmesh.gateway.settings import GatewaySettings
from logmesh.gateway.tokens.create_token import NameTaken, TooManyTokens, create_token
from logmesh.gateway.tokens.list_digests import list_digests
from logmesh.gateway.tokens.list_tokens import list_tokens
from logmesh.gateway.tokens.note_uses import note_uses
from logmesh.gateway.tokens.revoke_token import revoke_token
from logmesh.runtime.access_tokens import MAX_TENANT_BYTES
from logmesh.v1 import receiver_service_pb2, token_service_pb2
from logmesh.v1.receiver_service_pb2_grpc import ReceiverServiceServicer
from logmesh.v1.token_service_pb2_grpc import TokenServiceServicer

_OWN_PAGES: Final = ("same-origin", "none")
OTHER_SITE: Final = "a page of another site may not manage tokens"
OTHER_TENANT: Final = "the access token is for another tenant: leave the tenant out"


class TokenServicer(TokenServiceServicer):
    """Keeps tokens of senders in the database of `ledger`."""

    def __init__(self, settings: GatewaySettings, ledger: Ledger) -> None:
        self._settings, self._ledger = settings, ledger

    async def CreateToken(  # noqa: N802
        self, request: token_service_pb2.CreateTokenRequest, context: Any
    ) -> token_service_pb2.CreateTokenResponse:
        """A new token and its secret. ALREADY_EXISTS for a name that is taken, FAILED_PRECONDITION for one too many."""
        who = await self._administrator(context, request.by)
        async with answering(context, "CreateToken"):
            try:
                tenant = await self._tenant(context, request.tenant)
                return await create_token(self._ledger, tenant, request, read_name("by", who))
            except NameTaken as error:
                await context.abort(grpc.StatusCode.ALREADY_EXISTS, str(error))
            except TooManyTokens as error:
                await context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        raise AssertionError("abort raises")

    async def ListTokens(  # noqa: N802
        self, request: token_service_pb2.ListTokensRequest, context: Any
    ) -> token_service_pb2.ListTokensResponse:
        """The tokens, the latest first."""
        await self._administrator(context, "")
        async with answering(context, "ListTokens"):
            return await list_tokens(self._ledger, await self._tenant(context, request.tenant), request)

    async def RevokeToken(  # noqa: N802
        self, request: token_service_pb2.RevokeTokenRequest, context: Any
    ) -> token_service_pb2.RevokeTokenResponse:
        """End a token. NOT_FOUND for an id that the tenant does not have."""
        who = await self._administrator(context, request.by)
        async with answering(context, "RevokeToken"):
            tenant = await self._tenant(context, request.tenant)
            token = await revoke_token(self._ledger, tenant, request, read_name("by", who))
            return token_service_pb2.RevokeTokenResponse(token=token)

    async def _administrator(self, context: Any, by: str) -> str:
        """The name of who calls, from no other site's page: where no access tokens are asked for, a browser on this network could
        be made to post what its user never meant."""
        sent = dict(context.invocation_metadata() or ())
        # Browsers leave sec-fetch-site out on plain HTTP, and then nobody can tell whose page it is.
        if sent.keys() & {"origin", "sec-fetch-site"} and sent.get("sec-fetch-site") not in _OWN_PAGES:
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, OTHER_SITE)
        return await administrator(context, self._settings, by=by, action="manage tokens")

    async def _tenant(self, context: Any, asked: str) -> str:
        """Whose tokens the call is about. Raises RequestError."""
        if len(asked.encode()) > MAX_TENANT_BYTES or "\0" in asked:
            raise RequestError(f"tenant must have at most {MAX_TENANT_BYTES} bytes")
        tenant = tenant_of_call(asked or self._settings.tenant)
        if asked not in ("", tenant):
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, OTHER_TENANT)
        return tenant


class ReceiverServicer(ReceiverServiceServicer):
    """Tells receivers which tokens are good, of all tenants. Who may ask is checked before."""

    def __init__(self, settings: GatewaySettings, ledger: Ledger) -> None:
        self._settings, self._ledger = settings, ledger

    async def ListTokenDigests(  # noqa: N802
        self, request: receiver_service_pb2.ListTokenDigestsRequest, context: Any
    ) -> receiver_service_pb2.ListTokenDigestsResponse:
        """One page of them."""
        async with answering(context, "ListTokenDigests"):
            return await list_digests(self._ledger, tenant_of_call(self._settings.tenant), request)

    async def NoteTokenUses(  # noqa: N802
        self, request: receiver_service_pb2.NoteTokenUsesRequest, context: Any
    ) -> receiver_service_pb2.NoteTokenUsesResponse:
        """Note the last use of each token."""
        async with answering(context, "NoteTokenUses"):
            await note_uses(self._ledger, tenant_of_call(self._settings.tenant), request)
            return receiver_service_pb2.NoteTokenUsesResponse()
