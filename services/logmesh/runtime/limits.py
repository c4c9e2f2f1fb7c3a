"""How many calls a server works on at once. What is beyond is refused, with the time after which to come again, before a byte of
it is read."""

import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import Any, Never

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from grpc_health.v1 import health

from logmesh.runtime.wrapping import wrapped

_RETRY_SECONDS = 1.0


class CallLimit(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in the stubs alone
    """At most `most` calls at once, and of a method that `of_method` names (``/package.Service/Method``) as many as it says.

    Health is always answered: a server that is busy is not ill.
    """

    def __init__(self, most: int, of_method: Mapping[str, int] | None = None) -> None:
        self._most, self._of_method = most, dict(of_method or {})
        self._running: Counter[str] = Counter()

    async def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        """See grpc.aio.ServerInterceptor."""
        handler = await continuation(handler_call_details)
        method: str = handler_call_details.method
        if handler is None or method.startswith(f"/{health.SERVICE_NAME}/"):
            return handler
        return wrapped(handler, lambda context: self._counted(method, context))

    @contextlib.asynccontextmanager
    async def _counted(self, method: str, context: Any) -> AsyncIterator[None]:
        name = method.rpartition("/")[2]
        if self._running[method] >= self._of_method.get(method, self._most):
            await refuse(context, f"{self._running[method]} calls of {name} at once are as many as this server takes")
        if self._running.total() >= self._most:
            await refuse(context, f"{self._most} calls at once are as many as this server takes")
        self._running[method] += 1
        try:
            yield
        finally:
            self._running[method] -= 1


async def refuse(context: Any, reason: str, retry_seconds: float = _RETRY_SECONDS) -> Never:
    """End the call with RESOURCE_EXHAUSTED and RetryInfo, without which some clients take it for permanent."""
    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    delay = Duration()
    delay.FromNanoseconds(int(retry_seconds * 1e9))
    detail = AnyMessage()
    detail.Pack(RetryInfo(retry_delay=delay))
    status = Status(code=code.value[0], message=reason, details=[detail])
    await context.abort(code, reason, (("grpc-status-details-bin", status.SerializeToString()),))
    raise AssertionError("abort raises")
