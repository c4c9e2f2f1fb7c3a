"""`logmesh status`: what each producer has had stored and what is missing, how each processor is, and what must be looked at."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from logmesh.cli.ending import ending
from logmesh.cli.first_log import ways
from logmesh.cli.gateway import AskedDataDir, Gateway, Token, gateway_client
from logmesh.cli.local.run_state import DEFAULT_DATA_DIR, read_run_state
from logmesh.cli.status_json import as_plain
from logmesh.cli.status_report import ask
from logmesh.cli.status_text import lines
from logmesh.cli.writing import OutputConsole

_FACTS = 20
_TIMEOUT_SECONDS = 15.0


class StatusOutput(StrEnum):
    """How the status is written."""

    JSON = "json"
    TEXT = "text"


def status(
    output: Annotated[StatusOutput, typer.Option("--output", "-o", help="How to write it.")] = StatusOutput.TEXT,
    producers: Annotated[int, typer.Option(min=1, max=1_000_000, help="Producers at most, the latest first.")] = 100,
    gateway: Gateway = None,
    token: Token = "",
    data_dir: AskedDataDir = DEFAULT_DATA_DIR,
) -> None:
    """Show what was received of each producer, what is missing, the state of each processor, and what must be looked at.

    What is lost stays until `logmesh acknowledge` notes that it was seen.

    Exit codes: 0 the state is shown, whatever it is; 1 the gateway can't be reached or failed; 2 an option is wrong;
    4 a part is not known: the ledger can't be read, or no processor answers.
    """
    with ending("status"):
        with gateway_client(gateway, data_dir, token, timeout=_TIMEOUT_SECONDS) as client:
            report = ask(client, producers=producers, facts=_FACTS)
        if output is StatusOutput.JSON:
            print(json.dumps(as_plain(report), ensure_ascii=False))
        else:
            console = OutputConsole()
            for line in lines(report, datetime.now(UTC)):
                console.print(line)
            if report.is_empty:
                running = None if gateway else read_run_state(data_dir.expanduser().absolute())
                for text in ("", *ways(running, data_dir)):
                    console.print(text, soft_wrap=True)
    if report.exit_code:
        raise typer.Exit(report.exit_code)
