"""A gRPC server behind the edge that tells what reached it. It stands for a gateway where the gateway's answer is not the point."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import grpc
from google.api.httpbody_pb2 import HttpBody

from logmesh.cli.local.certificates import WorkloadFiles
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

    async def search(self, _request: SearchRequest, context: Any) -> AsyncIterator[SearchResponse]:
        """One message now, one later."""
        self.seen.append({key: str(value) for key, value in context.invocation_metadata()})
        yield self.answer
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        yield self.answer

    async def export(self, _request: ExportRequest, _context: Any) -> AsyncIterator[HttpBody]:
        """All pieces."""
        for piece in self.pieces:
            yield piece


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
    server.add_generic_rpc_handlers((handlers,))
    port = bind(server, "127.0.0.1:0", TlsFiles(files.cert, files.key, files.ca))
    upstream.address = f"127.0.0.1:{port}"
    await server.start()
    await health.set_serving(True)
    try:
        yield upstream
    finally:
        upstream.go_on.set()
        await server.stop(None)
