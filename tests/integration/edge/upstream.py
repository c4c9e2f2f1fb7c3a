"""A gRPC server behind the edge that tells what reached it. It stands for a gateway where the gateway's answer is not the point."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any

import grpc
from google.api.httpbody_pb2 import HttpBody

from logmesh.cli.local.certificates import WorkloadFiles
from logmesh.gateway.answers.json_service import Behaviour, json_handlers
from logmesh.runtime.limits import CallLimit
from logmesh.runtime.server import bind, build_server
from logmesh.runtime.settings import TlsFiles
from logmesh.v1.query_service_pb2 import ExportRequest, SearchProgress, SearchRequest, SearchResponse

SERVICE = "logmesh.v1.QueryService"


class Upstream:
    """Keeps the metadata of each search; answers with one message, and with a second when it is told to.

    An export is the pieces that it is given.
    """

    def __init__(self) -> None:
        self.address = ""
        self.seen: list[dict[str, str]] = []
        self.answer = SearchResponse(progress=SearchProgress())
        self.pieces: list[HttpBody] = []
        self.go_on = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def search(self, _request: SearchRequest, context: Any) -> None:
        """One message now, one later."""
        self.seen.append({key: str(value) for key, value in context.invocation_metadata()})
        await context.write(self.answer)
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        await context.write(self.answer)

    async def export(self, _request: ExportRequest, context: Any) -> None:
        """All pieces."""
        for piece in self.pieces:
            await context.write(piece)

    async def refuse(self, _request: Any, context: Any) -> None:
        """It has no other answer."""
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "this upstream has no such answer")


@contextlib.asynccontextmanager
async def running_upstream(files: WorkloadFiles) -> AsyncIterator[Upstream]:
    """An upstream in mutual TLS on a port of its own, with the identity of `files`."""
    upstream = Upstream()
    server, health = build_server([SERVICE], reflect=True, limit=CallLimit(100))
    search = grpc.unary_stream_rpc_method_handler(
        upstream.search, SearchRequest.FromString, SearchResponse.SerializeToString
    )
    export = grpc.unary_stream_rpc_method_handler(upstream.export, ExportRequest.FromString, HttpBody.SerializeToString)
    handlers = grpc.method_handlers_generic_handler(SERVICE, {"Search": search, "Export": export})
    behaviours: dict[str, Behaviour] = defaultdict(
        lambda: upstream.refuse, {"Search": upstream.search, "Export": upstream.export}
    )
    server.add_generic_rpc_handlers((handlers, json_handlers(behaviours)))
    port = bind(server, "127.0.0.1", 0, TlsFiles(files.cert, files.key, files.ca))
    upstream.address = f"127.0.0.1:{port}"
    await server.start()
    await health.set_serving(True)
    try:
        yield upstream
    finally:
        upstream.go_on.set()
        await server.stop(None)
