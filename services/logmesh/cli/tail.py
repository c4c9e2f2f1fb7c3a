"""`logmesh tail`: records as they come in, for as long as one looks."""

import time
from collections.abc import Callable, Iterator
from typing import Annotated, Final

import grpc
import typer

from logmesh.cli.ending import ending
from logmesh.cli.errors import USAGE, CommandError, from_rpc
from logmesh.cli.gateway import AskedDataDir, Gateway, find_gateway
from logmesh.cli.local.run_state import DEFAULT_DATA_DIR
from logmesh.cli.moments import parse_moment
from logmesh.cli.writing import WantedOutput, Writer
from logmesh.client.backoff import Backoff
from logmesh.v1.tail_service_pb2 import TailRequest, TailResponse
from logmesh.v1.tail_service_pb2_grpc import TailServiceStub

_MAX_BACKLOG_NANO: Final = 3600 * 10**9
_FIRST_PAUSE_SECONDS: Final = 0.5
_MOST_PAUSE_SECONDS: Final = 10.0
_CHANNEL: Final = [
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.max_reconnect_backoff_ms", 2_000),
]
# A wrong question, or nobody who could answer it: asking again would not help.
_FINAL: Final = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNIMPLEMENTED,
)


def tail(
    filter_text: Annotated[
        str, typer.Argument(metavar="FILTER", help="What to follow; nothing: everything.", show_default=False)
    ] = "",
    since: Annotated[str, typer.Option(help="How much of the past comes first: 30s, 5m, at most 1h.")] = "now",
    output: WantedOutput = None,
    gateway: Gateway = None,
    data_dir: AskedDataDir = DEFAULT_DATA_DIR,
) -> None:
    """Show records that match a filter as they come in, until Ctrl-C.

    A broken connection is opened again, and the tail goes on where it was. What is left out because it came quicker than
    it could be shown is shown as a gap, with its count.

    Exit codes: 0 after Ctrl-C; 1 the gateway can't be reached at the start; 2 the filter or an option is wrong.

    Examples:  logmesh tail 'service = "checkout" AND severity >= WARNING'  ·  logmesh tail timeout --since 5m | jq .body
    """
    with ending("tail", interrupted=0):
        now = time.time_ns()
        backlog = now - parse_moment(since, "--since", now)
        if not 0 <= backlog <= _MAX_BACKLOG_NANO:
            raise CommandError(f"--since {since} is not within the last hour; see logmesh search --follow", USAGE)
        request = TailRequest(filter=filter_text)
        if backlog:
            request.backlog.FromNanoseconds(backlog)
        writer = Writer(output)
        for message in followed(request, find_gateway(gateway, data_dir)):
            write(message, writer)


def write(message: TailResponse, writer: Writer) -> None:
    """Write what a message shows."""
    for record in message.frame.records:
        writer.record(record)
    if message.HasField("gap"):
        writer.gap(message.gap)


def followed(
    request: TailRequest, gateway: str, *, sleep: Callable[[float], None] = time.sleep
) -> Iterator[TailResponse]:
    """Yield messages over as many connections as it takes, without an end. Raises CommandError when the first one fails,
    or when asking again can't help."""
    backoff, began = Backoff(_FIRST_PAUSE_SECONDS, _MOST_PAUSE_SECONDS), False
    while True:
        with grpc.insecure_channel(gateway, options=_CHANNEL) as channel:
            try:
                for message in TailServiceStub(channel).Tail(request):  # a heartbeat comes at once
                    if began and not backoff.is_fresh:
                        typer.secho("logmesh tail: going on", fg="yellow", err=True)
                    began = True
                    backoff.reset()
                    yield message
                    if message.resume_token:
                        request.ClearField("backlog")
                        request.resume_token = message.resume_token
                reason = "the gateway ended the tail"
            except grpc.RpcError as error:
                failure = from_rpc(error, gateway)
                if error.code() in _FINAL or not began:
                    raise failure from error
                reason = str(failure)
        if backoff.is_fresh:
            typer.secho(f"logmesh tail: {reason}; trying again", fg="yellow", err=True)
        sleep(backoff.pause())
