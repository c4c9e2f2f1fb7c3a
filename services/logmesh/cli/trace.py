"""`logmesh trace`: all records of one trace, oldest first, with their offsets from its beginning."""

from typing import Annotated

import typer
from rich.text import Text

from logmesh.cli.ending import ending
from logmesh.cli.errors import UNKNOWN, USAGE, CommandError
from logmesh.cli.gateway import AskedDataDir, Gateway, Token, gateway_client
from logmesh.cli.local.run_state import DEFAULT_DATA_DIR
from logmesh.cli.present import local_time, offset_line
from logmesh.cli.writing import Printer, WantedOutput
from logmesh.client.asking.results import Trace
from logmesh.client.errors import NotFound
from logmesh.record.trace_ids import read_trace_id

_NO_ID = (
    "{!r} is no trace id: it has 32 hexadecimal digits, alone or in a traceparent; for other texts see logmesh search"
)


def trace(
    trace_id: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="Trace id, 32 hexadecimal digits, or the header that has it, such as traceparent.",
            show_default=False,
        ),
    ],
    output: WantedOutput = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help="Records at most.")] = 1_000,
    gateway: Gateway = None,
    token: Token = "",
    data_dir: AskedDataDir = DEFAULT_DATA_DIR,
) -> None:
    """Show all records of a trace, oldest first, across services.

    Of a trace that goes on, what is more than an hour before the earliest record that the cache or the last hour has is not
    looked for: logmesh search 'trace_id = ID' --since 30d has it.

    Exit codes: 0 it is shown, 1 the gateway can't be reached or failed, 2 the id or an option is wrong, 3 no such trace.

    Examples:  logmesh trace 4bf92f3577b34da6a3ce929d0e0e4736  ·  logmesh trace 4bf92f35… | jq .body
    """
    with ending("trace"):
        known = read_trace_id(trace_id)
        if known is None:
            raise CommandError(_NO_ID.format(trace_id[:100]), USAGE)
        with gateway_client(gateway, data_dir, token) as client:
            try:
                found = client.trace(known.hex(), limit=limit)
            except NotFound as error:
                raise CommandError(f"no record has the trace id {known.hex()}", UNKNOWN) from error
        began = found.messages[0].time_unix_nano
        printer = Printer(output, lambda record: offset_line(record, began))
        printer.headline(headline(known.hex(), found))
        for record in found.messages:
            printer.record(record)
    if found.truncated:
        typer.secho(f"logmesh trace: only the first {len(found.messages)} records are shown", fg="yellow", err=True)


def headline(trace_id: str, trace: Trace) -> Text:
    """How much there is, when it began and how long it took."""
    first, last = trace.messages[0], trace.messages[-1]
    services = len({record.resource.service_name for record in trace.messages})
    seconds = (last.time_unix_nano - first.time_unix_nano) / 1e9
    return Text(
        f"trace {trace_id} · {_counted(len(trace.messages), 'record')} of {_counted(services, 'service')}"
        f" in {seconds:.3f} s, from {local_time(first.time_unix_nano)}",
        style="bold",
    )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
