"""`logmesh trace`: all records of one trace, oldest first, with their offsets from its beginning."""

from typing import Annotated

import grpc
import typer
from rich.text import Text

from logmesh.cli.ending import ending
from logmesh.cli.errors import UNKNOWN, CommandError, from_rpc
from logmesh.cli.gateway import AskedDataDir, Gateway, find_gateway
from logmesh.cli.local.run_state import DEFAULT_DATA_DIR
from logmesh.cli.present import local_time, offset_line
from logmesh.cli.writing import WantedOutput, Writer
from logmesh.v1.query_service_pb2 import GetTraceRequest, GetTraceResponse
from logmesh.v1.query_service_pb2_grpc import QueryServiceStub

_TIMEOUT_SECONDS = 30


def trace(
    trace_id: Annotated[str, typer.Argument(metavar="ID", help="Trace id: 32 hexadecimal digits.", show_default=False)],
    output: WantedOutput = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help="Records at most.")] = 1_000,
    gateway: Gateway = None,
    data_dir: AskedDataDir = DEFAULT_DATA_DIR,
) -> None:
    """Show all records of a trace, oldest first, across services.

    Exit codes: 0 it is shown, 1 the gateway can't be reached or failed, 2 the id or an option is wrong, 3 no such trace.

    Examples:  logmesh trace 4bf92f3577b34da6a3ce929d0e0e4736  ·  logmesh trace 4bf92f35… | jq .body
    """
    with ending("trace"):
        answer = _ask(trace_id, limit, find_gateway(gateway, data_dir))
        if not answer.records:
            raise CommandError(f"no record has the trace id {trace_id}", UNKNOWN)
        began = answer.records[0].time_unix_nano
        writer = Writer(output, lambda record: offset_line(record, began))
        writer.headline(headline(trace_id, answer))
        for record in answer.records:
            writer.record(record)
    if answer.truncated:
        typer.secho(f"logmesh trace: only the first {len(answer.records)} records are shown", fg="yellow", err=True)


def headline(trace_id: str, answer: GetTraceResponse) -> Text:
    """How much there is, when it began and how long it took."""
    first, last = answer.records[0], answer.records[-1]
    services = len({record.resource.service_name for record in answer.records})
    seconds = (last.time_unix_nano - first.time_unix_nano) / 1e9
    return Text(
        f"trace {trace_id} · {_counted(len(answer.records), 'record')} of {_counted(services, 'service')}"
        f" in {seconds:.3f} s, from {local_time(first.time_unix_nano)}",
        style="bold",
    )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _ask(trace_id: str, limit: int, gateway: str) -> GetTraceResponse:
    with grpc.insecure_channel(gateway) as channel:
        try:
            return QueryServiceStub(channel).GetTrace(
                GetTraceRequest(trace_id=trace_id.strip(), page_size=limit), timeout=_TIMEOUT_SECONDS
            )
        except grpc.RpcError as error:
            raise from_rpc(error, gateway) from error
