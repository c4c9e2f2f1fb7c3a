"""`logmesh search`: records that match a filter, newest first, shown as they are found."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Final

import typer

from logmesh.cli.ending import INTERRUPTED, ending
from logmesh.cli.errors import USAGE, CommandError
from logmesh.cli.filter_command import check_filter
from logmesh.cli.first_log import first_log
from logmesh.cli.gateway import AskedDataDir, Gateway, Token, gateway_client
from logmesh.cli.local.run_state import DEFAULT_DATA_DIR, read_run_state
from logmesh.cli.moments import parse_moment
from logmesh.cli.next_step import Searched, next_step
from logmesh.cli.tail import follow as follow_on
from logmesh.cli.writing import Printer, WantedOutput
from logmesh.client import Client
from logmesh.client.errors import LogmeshError
from logmesh.v1.record_pb2 import LogRecord
from logmesh.v1.tail_service_pb2 import TailGap

_OVERLAP: Final = timedelta(seconds=5)
_ASIDE_SECONDS: Final = 3.0
"""How long somebody whose search found nothing waits to hear where there is something."""
_END: Final = 253_402_300_799 * 10**9
"""The last time that a message can say."""


def search(
    filter_text: Annotated[
        str, typer.Argument(metavar="FILTER", help="What to look for; nothing: everything.", show_default=False)
    ] = "",
    since: Annotated[str, typer.Option(help="From when: 15m, 2h, 08:50, yesterday, or a time.")] = "15m",
    until: Annotated[str, typer.Option(help="To when, not included; a day: to its end.")] = "now",
    output: WantedOutput = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Records at most.")] = 100,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Show the newest last, and go on with what comes, until Ctrl-C.")
    ] = False,
    gateway: Gateway = None,
    token: Token = "",
    data_dir: AskedDataDir = DEFAULT_DATA_DIR,
) -> None:
    """Show records that match a filter, newest first.

    Exit codes: 0 the range was searched, nobody read on, or Ctrl-C ended --follow; 1 the gateway failed; 2 the filter
    or an option is wrong.

    The filter language: docs/filters.md.

    Examples:  logmesh search 'service = "checkout" AND severity >= WARNING' --since 1h  ·  logmesh search timeout -o raw
    """
    with ending("search", interrupted=0 if follow else INTERRUPTED):
        check_filter(filter_text)
        printer, now = Printer(output), time.time_ns()
        start = parse_moment(since, "--since", now)
        if follow and until != "now":
            raise CommandError("--follow goes on from now: leave --until away", USAGE)
        end = parse_moment(until, "--until", now, start)
        if start > end:
            raise CommandError("--since is later than --until", USAGE)
        with gateway_client(gateway, data_dir, token) as client:
            if follow:
                for message in search_and_follow(client, filter_text, start, limit):
                    printer.write(message)
                return
            nothing = True
            for record in client.search(filter_text, start=start, end=end, limit=limit).messages():
                printer.record(record)
                nothing = False
            if nothing:
                running = None if gateway else read_run_state(data_dir.expanduser().absolute())
                searched = Searched(filter_text, start, end, now)
                said = next_step(searched, lambda text: newest_time(client, text), first_log(running, data_dir))
                typer.secho(f"logmesh search: {said}", fg="yellow", err=True)


def search_and_follow(
    client: Client, filter_text: str, start_unix_nano: int, limit: int
) -> Iterator[LogRecord | TailGap]:
    """Yield the newest `limit` records from `start_unix_nano` on, oldest first, and then a tail's, none of them twice.

    The tail begins first, and a little in the past: what is stored while the search runs is in the one or the other.
    Raises LogmeshError.
    """
    with follow_on(client, "search", filter_text, _OVERLAP) as tail:
        tail.begin()
        records = list(_newest(client, filter_text, start_unix_nano, limit))[::-1]
        yield from records
        shown = {record.id for record in records}
        # What is older than the last `limit` records was left out of them on purpose.
        oldest = records[0].time_unix_nano if len(records) == limit else 0
        for message in tail.messages():
            if isinstance(message, LogRecord) and (
                message.id in shown or (tail.in_backlog and message.time_unix_nano < oldest)
            ):
                continue
            yield message


def _newest(client: Client, filter_text: str, start_unix_nano: int, limit: int) -> Iterator[LogRecord]:
    """Yield the newest `limit` records, newest first, also those that are of the future here: clocks differ. That is asked by itself,
    as there is hardly anything, and a search that begins in an empty stretch takes what it looks for to be rare."""
    now = time.time_ns()
    for start, end in ((now, _END), (start_unix_nano, now)):
        for record in client.search(filter_text, start=start, end=end, limit=limit).messages() if limit else ():
            limit -= 1
            yield record


def newest_time(client: Client, filter_text: str) -> int | None:
    """The time of the newest record of all that matches, 0 when there is none, None when that takes too long to know."""
    found = client.search(filter_text, start=0, end=_END, limit=1, patience=_ASIDE_SECONDS)
    try:
        return next((record.time_unix_nano for record in found.messages()), 0)
    except LogmeshError:
        return None
