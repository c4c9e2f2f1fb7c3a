"""`logmesh acknowledge`: notes in the ledger that facts were seen and dealt with; by whom, when, and why."""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Final

import typer

from logmesh.cli.ending import ending
from logmesh.cli.errors import UNKNOWN, USAGE, CommandError
from logmesh.cli.gateway import AskedDataDir, Gateway, Token, gateway_client
from logmesh.cli.local.run_state import DEFAULT_DATA_DIR
from logmesh.cli.status import StatusOutput
from logmesh.cli.status_json import as_plain_acknowledgement
from logmesh.cli.status_text import acknowledgement_table, fact_table
from logmesh.cli.user import user_name
from logmesh.cli.writing import OutputConsole
from logmesh.client.asking.pipeline import Acknowledgement, Fact

_MOST: Final = 100_000


def acknowledge(
    kind: Annotated[
        str, typer.Argument(help="Facts of this kind, as status names it; nothing: all.", show_default=False)
    ] = "",
    reason: Annotated[
        str, typer.Option("--reason", "-r", help="Why it is known and done with.", show_default="asked for")
    ] = "",
    producer: Annotated[str, typer.Option(help="Those of this producer alone.", show_default=False)] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    show: Annotated[bool, typer.Option("--list", "-l", help="Show what was acknowledged, the latest first.")] = False,
    output: Annotated[StatusOutput, typer.Option("--output", "-o", help="How to write the list.")] = StatusOutput.TEXT,
    gateway: Gateway = None,
    token: Token = "",
    data_dir: AskedDataDir = DEFAULT_DATA_DIR,
) -> None:
    """Acknowledge what is lost or unaccounted, so that status is clean again until there is something new.

    It shows the facts, and acknowledges those that it has shown. The ledger keeps who did it, when and why. Where tokens
    are asked for, LOGMESH_TOKEN must hold one with the role of an administrator.

    Exit codes: 0 done; 1 the gateway can't be reached, failed or refused; 2 an option is wrong; 3 there is no such fact.

    Examples:  logmesh acknowledge lost --reason 'disk of node 3'  ·  logmesh acknowledge --list
    """
    with ending("acknowledge"):
        with gateway_client(gateway, data_dir, token) as client:
            if show:
                _show(client.acknowledgements(limit=_MOST), output)
                return
            facts = _chosen(client.facts(limit=_MOST), kind, producer)
            batches = client.acknowledge(facts, reason=_agreed(facts, reason, yes=yes), by=user_name())
        print(f"{_counted(batches, 'batch', 'batches')} acknowledged")
        if batches < sum(fact.batches for fact in facts):
            print("Some are left: a fact is acknowledged a hundred ranges at a time. Do it again.")


def _chosen(found: Sequence[Fact], kind: str, producer: str) -> list[Fact]:
    """Those that are meant. Raises CommandError when there is none."""
    chosen = [fact for fact in found if kind in ("", fact.kind) and producer in ("", fact.producer)]
    if not chosen:
        there = ", ".join(sorted({f"{fact.kind} of {fact.producer}" for fact in found})[:5])
        raise CommandError(
            f"there is no such fact; there is: {there}" if there else "there is nothing to acknowledge", UNKNOWN
        )
    return chosen


def _agreed(facts: Sequence[Fact], reason: str, *, yes: bool) -> str:
    """The reason, once a person has seen the facts and agreed. Raises CommandError."""
    asking = sys.stdin.isatty() and not yes
    if not asking and not (yes and reason):
        raise CommandError("--yes needs --reason, and without a terminal both are needed", USAGE)
    OutputConsole().print(fact_table(facts, datetime.now(UTC)))
    if asking:
        reason = reason or str(typer.prompt("Why is it known and done with?"))
        batches = _counted(sum(fact.batches for fact in facts), "batch", "batches")
        if not typer.confirm(f"Acknowledge {batches}?"):
            raise CommandError("nothing was acknowledged")
    return reason


def _show(found: Sequence[Acknowledgement], output: StatusOutput) -> None:
    if output is StatusOutput.JSON:
        print(json.dumps([as_plain_acknowledgement(one) for one in found], ensure_ascii=False))
    else:
        OutputConsole().print(acknowledgement_table(found) if found else "nothing was acknowledged yet")


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
