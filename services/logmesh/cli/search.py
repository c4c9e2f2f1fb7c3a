"""`logmesh search`: records that match a filter, newest first, shown as they are found."""

import time
from collections.abc import Iterator
from itertools import chain
from typing import Annotated, Final

import grpc
import typer
from google.protobuf.timestamp_pb2 import Timestamp

from logmesh.cli.ending import INTERRUPTED, ending
from logmesh.cli.errors import USAGE, CommandError, from_rpc
from logmesh.cli.gateway import AskedDataDir, Gateway, find_gateway
from logmesh.cli.local.run_state import DEFAULT_DATA_DIR
from logmesh.cli.moments import parse_moment
from logmesh.cli.tail import followed, write
from logmesh.cli.writing import WantedOutput, Writer
from logmesh.v1.query_service_pb2 import SEARCH_END_TIME_LIMIT, SearchRequest
from logmesh.v1.query_service_pb2_grpc import QueryServiceStub
from logmesh.v1.record_pb2 import LogRecord
from logmesh.v1.tail_service_pb2 import TailFrame, TailRequest, TailResponse

_MOST_AT_ONCE = 10_000
_OVERLAP_SECONDS: Final = 5


def search(
    filter_text: Annotated[
        str, typer.Argument(metavar="FILTER", help="What to look for; nothing: everything.", show_default=False)
    ] = "",
    since: Annotated[str, typer.Option(help="From when: 15m, 2h, 7d, or a time.")] = "15m",
    until: Annotated[str, typer.Option(help="To when, not included.")] = "now",
    output: WantedOutput = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Records at most.")] = 100,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Show the newest last, and go on with what comes, until Ctrl-C.")
    ] = False,
    gateway: Gateway = None,
    data_dir: AskedDataDir = DEFAULT_DATA_DIR,
) -> None:
    """Show records that match a filter, newest first.

    Exit codes: 0 the range was searched, nobody read on, or Ctrl-C ended --follow; 1 the gateway failed; 2 the filter
    or an option is wrong.

    The filter language: docs/filters.md.

    Examples:  logmesh search 'service = "checkout" AND severity >= WARNING' --since 1h  ·  logmesh search timeout -o raw
    """
    with ending("search", interrupted=0 if follow else INTERRUPTED):
        writer, now = Writer(output), time.time_ns()
        start, address = parse_moment(since, "--since", now), find_gateway(gateway, data_dir)
        if follow:
            if until != "now":
                raise CommandError("--follow goes on from now: leave --until away", USAGE)
            for message in search_and_follow(filter_text, start, limit, address):
                write(message, writer)
            return
        request = SearchRequest(
            filter=filter_text, start_time=_timestamp(start), end_time=_timestamp(parse_moment(until, "--until", now))
        )
        for record in found(request, limit, address):
            writer.record(record)


def search_and_follow(filter_text: str, start_unix_nano: int, limit: int, gateway: str) -> Iterator[TailResponse]:
    """Yield the newest `limit` records from `start_unix_nano` on, oldest first, and then a tail, none of them twice.

    The tail begins first, and a little in the past: what is stored while the search runs is in the one or the other.
    Raises CommandError.
    """
    request = TailRequest(filter=filter_text)
    request.backlog.FromSeconds(_OVERLAP_SECONDS)
    tail = followed(request, gateway)
    first = next(tail)
    search = SearchRequest(
        filter=filter_text, start_time=_timestamp(start_unix_nano), end_time=_timestamp(time.time_ns())
    )
    records = list(found(search, limit, gateway))[::-1]
    yield TailResponse(frame=TailFrame(records=records))
    shown = {record.id for record in records}
    # What is older than the last `limit` records was left out of them on purpose.
    oldest = records[0].time_unix_nano if len(records) == limit else 0
    for message in chain([first], tail):
        if message.HasField("frame"):
            new = [record for record in message.frame.records if record.id not in shown]
            if message.frame.backlog:
                new = [record for record in new if record.time_unix_nano >= oldest]
            del message.frame.records[:]
            message.frame.records.extend(new)
        yield message


def found(request: SearchRequest, limit: int, gateway: str) -> Iterator[LogRecord]:
    """Yield records over as many pages as it takes. Raises CommandError."""
    with grpc.insecure_channel(gateway) as channel:
        stub = QueryServiceStub(channel)
        try:
            while limit > 0:
                request.page_size = min(limit, _MOST_AT_ONCE)
                token, ended = request.page_token, False
                for answer in stub.Search(request):
                    limit -= len(answer.rows.records)
                    yield from answer.rows.records
                    if answer.HasField("done"):
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
