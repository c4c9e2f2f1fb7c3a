"""`logmesh status`: what each producer has had stored and what is missing, how each processor is, and what must be looked at."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from logmesh.cli.ending import ending
from logmesh.cli.gateway import AskedDataDir, Gateway, Token, find_gateway
from logmesh.cli.local.run_state import DEFAULT_DATA_DIR
from logmesh.cli.status_json import as_plain
from logmesh.cli.status_report import ask
from logmesh.cli.status_text import lines
from logmesh.cli.writing import OutputConsole

_FACTS = 20


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
        report = ask(find_gateway(gateway, data_dir), token, producers=producers, facts=_FACTS)
        if output is StatusOutput.JSON:
            print(json.dumps(as_plain(report), ensure_ascii=False))
        else:
            console = OutputConsole(highlight=False)
            for line in lines(report, datetime.now(UTC)):
                console.print(line)
    if report.exit_code:
        raise typer.Exit(report.exit_code)
