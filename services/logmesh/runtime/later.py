"""Services that a server has from its start and whose handlers come later: whoever calls them before is told to come again."""

from collections.abc import Collection, Sequence
from typing import Any

import grpc


class Later(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic in the stubs alone
    """Takes handlers as a server does. Calls to `services` end with UNAVAILABLE until there are some, for the reason `waits_for`."""

    def __init__(self, services: Collection[str], waits_for: str) -> None:
        self._services, self._waits_for = frozenset(services), waits_for
        self._handlers: list[Any] = []

    def add_generic_rpc_handlers(self, handlers: Sequence[Any]) -> None:
        """As `grpc.aio.Server.add_generic_rpc_handlers`, at any time."""
        self._handlers += handlers

    def add_registered_method_handlers(self, service: str, handlers: Any) -> None:
        """Generated code calls it beside the other, for servers of the synchronous API."""

    def service(self, handler_call_details: Any) -> Any:
        """See grpc.GenericRpcHandler."""
        found = (handler.service(handler_call_details) for handler in self._handlers)
        service = handler_call_details.method.lstrip("/").rpartition("/")[0]
        if not self._handlers and service in self._services:
            return grpc.stream_stream_rpc_method_handler(self._refuse)  # on the wire this is every kind of call
        return next((handler for handler in found if handler is not None), None)

    async def _refuse(self, requests: Any, context: Any) -> None:
        await context.abort(grpc.StatusCode.UNAVAILABLE, f"{self._waits_for}; try again")
