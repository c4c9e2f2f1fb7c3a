"""`logmesh search`: records that match a filter, newest first, shown as they are found."""

import sys
import time
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

import grpc
import typer
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console

from logmesh.cli.errors import CommandError, from_rpc
from logmesh.cli.moments import parse_moment
from logmesh.cli.present import json_line, text_line
from logmesh.v1.query_service_pb2 import SEARCH_END_TIME_LIMIT, SearchRequest
from logmesh.v1.query_service_pb2_grpc import QueryServiceStub
from logmesh.v1.record_pb2 import LogRecord

DEFAULT_GATEWAY = "localhost:50050"
_MOST_AT_ONCE = 10_000

Gateway = Annotated[str, typer.Option(help="Address of the gateway.", envvar="LOGMESH_GATEWAY")]


class SearchOutput(StrEnum):
    """How records are written."""

    JSON = "json"
    TEXT = "text"
    RAW = "raw"


def search(
    filter_text: Annotated[
        str, typer.Argument(metavar="FILTER", help="What to look for; nothing: everything.", show_default=False)
    ] = "",
    since: Annotated[str, typer.Option(help="From when: 15m, 2h, 7d, or a time.")] = "15m",
    until: Annotated[str, typer.Option(help="To when, not included.")] = "now",
    output: Annotated[
        SearchOutput | None,
        typer.Option("--output", "-o", help="How to write records.", show_default="text on a terminal, else json"),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Records at most.")] = 100,
    gateway: Gateway = DEFAULT_GATEWAY,
) -> None:
    """Show records that match a filter, newest first.

    Exit codes: 0 the range was searched, 1 the gateway can't be reached or failed, 2 the filter or an option is wrong.

    Examples:  logmesh search 'service = "checkout" AND severity >= WARNING' --since 1h  ·  logmesh search timeout -o raw
    """
    try:
        now = time.time_ns()
        request = SearchRequest(
            filter=filter_text,
            start_time=_timestamp(parse_moment(since, "--since", now)),
            end_time=_timestamp(parse_moment(until, "--until", now)),
        )
        # Lines of a log are as long as they are: a terminal wraps them, and a pipe wants them whole.
        console = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
        chosen = output or (SearchOutput.TEXT if sys.stdout.isatty() else SearchOutput.JSON)
        for record in found(request, limit, gateway):
            match chosen:
                case SearchOutput.TEXT:
                    console.print(text_line(record))
                case SearchOutput.JSON:
                    print(json_line(record), flush=True)
                case SearchOutput.RAW:
                    print(record.body, flush=True)
    except CommandError as error:
        typer.secho(f"logmesh search: {error}", fg="red", err=True)
        raise typer.Exit(error.exit_code) from error


def found(request: SearchRequest, limit: int, gateway: str) -> Iterator[LogRecord]:
    """Yield records over as many pages as it takes. Raises CommandError."""
    with grpc.insecure_channel(gateway) as channel:
        stub = QueryServiceStub(channel)
        try:
            while limit > 0:
                request.page_size = min(limit, _MOST_AT_ONCE)
                token, ended = request.page_token, False
                for answer in stub.Search(request):
                    if answer.HasField("rows"):
                        limit -= len(answer.rows.records)
                        yield from answer.rows.records
                    else:
                        ended, request.page_token = True, answer.done.next_page_token
                        stuck = answer.done.end == SEARCH_END_TIME_LIMIT and request.page_token == token
                if not ended:
                    raise CommandError(f"the gateway at {gateway} broke off its answer")
                if not request.page_token:
                    return
                if stuck:
                    raise CommandError("the gateway runs out of time; ask for less with --since, --until or the filter")
        except grpc.RpcError as error:
            raise from_rpc(error, gateway) from error


def _timestamp(unix_nano: int) -> Timestamp:
    return Timestamp(seconds=unix_nano // 10**9, nanos=unix_nano % 10**9)
