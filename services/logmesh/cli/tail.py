"""`logmesh tail`: records as they come in, for as long as one looks."""

import math
import time
from datetime import timedelta
from typing import Annotated, Final

import typer

from logmesh.cli.ending import ending
from logmesh.cli.errors import USAGE, CommandError
from logmesh.cli.filter_command import check_filter
from logmesh.cli.gateway import AskedDataDir, Gateway, Token, gateway_client
from logmesh.cli.local.run_state import DEFAULT_DATA_DIR
from logmesh.cli.moments import parse_moment
from logmesh.cli.writing import Printer, WantedOutput
from logmesh.client import Client
from logmesh.client.asking.sync_tail import Tail

_MAX_BACKLOG: Final = timedelta(hours=1)


def tail(
    filter_text: Annotated[
        str, typer.Argument(metavar="FILTER", help="What to follow; nothing: everything.", show_default=False)
    ] = "",
    since: Annotated[str, typer.Option(help="How much of the past comes first: 30s, 5m, at most 1h.")] = "now",
    output: WantedOutput = None,
    gateway: Gateway = None,
    token: Token = "",
    data_dir: AskedDataDir = DEFAULT_DATA_DIR,
) -> None:
    """Show records that match a filter as they come in, until Ctrl-C.

    A broken connection is opened again, and the tail goes on where it was. What is left out because it came quicker than
    it could be shown is shown as a gap, with its count.

    Exit codes: 0 after Ctrl-C; 1 the gateway can't be reached at the start, or refuses, as it does once the token has
    expired; 2 the filter or an option is wrong.

    Examples:  logmesh tail 'service = "checkout" AND severity >= WARNING'  ·  logmesh tail timeout --since 5m | jq .body
    """
    with ending("tail", interrupted=0):
        check_filter(filter_text)
        now = time.time_ns()
        backlog = timedelta(microseconds=(now - parse_moment(since, "--since", now)) // 1_000)
        if not timedelta() <= backlog <= _MAX_BACKLOG:
            raise CommandError(f"--since {since} is not within the last hour; see logmesh search --follow", USAGE)
        printer = Printer(output)
        with (
            gateway_client(gateway, data_dir, token) as client,
            follow(client, "tail", filter_text, backlog) as following,
        ):
            for message in following.messages():
                printer.write(message)


def follow(client: Client, command: str, filter_text: str, backlog: timedelta) -> Tail:
    """A tail that waits for its gateway for as long as it takes, and says so under the name of `command`."""

    def say(sentence: str) -> None:
        typer.secho(f"logmesh {command}: {sentence}", fg="yellow", err=True)

    return client.tail(filter_text, backlog=backlog or None, patience=math.inf, notice=say)
