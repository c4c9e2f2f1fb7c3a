"""JSON's service: what a behaviour writes goes out as lines, and what goes wrong is said where there is a place for it."""

import asyncio
import json
from typing import Any, NoReturn

import grpc
import pytest
from google.api.httpbody_pb2 import HttpBody

from logmesh.gateway.answers.json_service import json_handlers
from logmesh.runtime.json_api import SERVICE, json_calls
from logmesh.v1.query_service_pb2 import HistogramResponse, SearchMeta, SearchRequest, SearchResponse, Series


class Aborted(Exception):
    """What a context raises when it aborts."""


class Context:
    """A call's context that keeps what is written to it."""

    def __init__(self) -> None:
        self.bodies: list[HttpBody] = []
        self.status: tuple[grpc.StatusCode, str] | None = None

    async def write(self, body: HttpBody) -> None:
        self.bodies.append(body)

    async def abort(self, code: grpc.StatusCode, details: str = "", _trailing: Any = ()) -> NoReturn:
        self.status = code, details
        raise Aborted


class Details:
    """Of a call, its path."""

    def __init__(self, name: str) -> None:
        self.method = f"/{SERVICE}/{name}"
        self.invocation_metadata = ()


async def asked(name: str, behaviour: Any, raw: bytes = b"") -> Context:
    handlers = json_handlers({call.rpc.name: behaviour for call in json_calls()})
    context = Context()
    await handlers.service(Details(name)).unary_stream(raw, context)
    return context


async def stream(request: Any, context: Any) -> None:
    await context.send_initial_metadata(())
    await context.write(SearchResponse(meta=SearchMeta(page_size=request.page_size)))
    await context.abort(grpc.StatusCode.UNAVAILABLE, "the database is away")


async def test_an_error_behind_the_first_line_is_the_last_line() -> None:
    context = Context()
    handlers = json_handlers({call.rpc.name: stream for call in json_calls()})
    with pytest.raises(Aborted):
        await handlers.service(Details("Search")).unary_stream(SearchRequest(page_size=7).SerializeToString(), context)
    lines = [json.loads(body.data) for body in context.bodies]
    assert lines == [
        {"meta": {"page_size": 7}},
        {"error": {"code": "UNAVAILABLE", "message": "the database is away"}},
    ]
    assert [body.content_type for body in context.bodies] == ["application/json", ""]
    assert context.status == (grpc.StatusCode.UNAVAILABLE, "the database is away")


class Unread(Context):
    """Of a client that reads one message and no more; as in gRPC, there is one write at a time, also where it was given up."""

    async def write(self, body: HttpBody) -> None:
        assert len(self.bodies) < 2, "the write before is not done"
        await super().write(body)
        if len(self.bodies) == 2:
            await asyncio.Event().wait()


async def test_who_has_stopped_reading_gets_a_status_and_no_line() -> None:
    async def unread(_request: Any, context: Any) -> None:
        await context.write(SearchResponse())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(context.write(SearchResponse()), 0.01)
        await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "the client stopped reading")

    context = Unread()
    handlers = json_handlers({call.rpc.name: unread for call in json_calls()})
    with pytest.raises(Aborted):
        await handlers.service(Details("Search")).unary_stream(b"", context)
    assert context.status == (grpc.StatusCode.DEADLINE_EXCEEDED, "the client stopped reading")


async def test_a_head_ends_with_the_first_message_and_has_none() -> None:
    context = await asked("HeadSearch", stream)
    assert context.bodies == [HttpBody(content_type="application/json")]
    assert context.status is None


async def test_an_answer_is_one_object_with_exact_numbers() -> None:
    async def answer(_request: Any, _context: Any) -> HistogramResponse:
        return HistogramResponse(series=[Series(value="x", counts=[0, 2**53 + 1])])

    context = await asked("Histogram", answer)
    assert [body.data for body in context.bodies] == [b'{"series":[{"value":"x","counts":[0,9007199254740993]}]}\n']


async def test_a_parameter_that_is_not_utf8_is_the_callers_fault() -> None:
    handlers = json_handlers({call.rpc.name: stream for call in json_calls()})
    context = Context()
    with pytest.raises(Aborted):
        await handlers.service(Details("Search")).unary_stream(b"\x0a\x01\xff", context)
    assert context.status == (grpc.StatusCode.INVALID_ARGUMENT, "a parameter is not UTF-8")
