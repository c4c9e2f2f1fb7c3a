"""`logmesh acknowledge`: notes in the ledger that facts were seen and dealt with; by whom, when, and why."""

import getpass
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import grpc
import typer

from logmesh.cli.ending import ending
from logmesh.cli.errors import UNKNOWN, USAGE, CommandError, from_rpc
from logmesh.cli.gateway import AskedDataDir, Gateway, Token, find_gateway
from logmesh.cli.local.run_state import DEFAULT_DATA_DIR
from logmesh.cli.status import StatusOutput
from logmesh.cli.status_json import as_plain_acknowledgement
from logmesh.cli.status_report import list_facts, options
from logmesh.cli.status_text import acknowledgement_table, fact_table
from logmesh.cli.writing import OutputConsole
from logmesh.v1.pipeline_service_pb2 import (
    AcknowledgeFactsRequest,
    Acknowledgement,
    Fact,
    ListAcknowledgementsRequest,
)
from logmesh.v1.pipeline_service_pb2_grpc import PipelineServiceStub

_MOST_AT_ONCE: Final = 1_000
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
        address, asked = find_gateway(gateway, data_dir), options(token)
        with grpc.insecure_channel(address) as channel:
            stub: Any = PipelineServiceStub(channel)
            try:
                if show:
                    _show(_acknowledgements(stub, asked), output)
                    return
                facts = _facts(stub, asked, kind, producer)
                why = _agreed(facts, reason, yes=yes)
                batches = sum(
                    _acknowledge(stub, asked, facts[at : at + _MOST_AT_ONCE], why)
                    for at in range(0, len(facts), _MOST_AT_ONCE)
                )
            except grpc.RpcError as error:
                raise from_rpc(error, address) from error
        print(f"{_counted(batches, 'batch', 'batches')} acknowledged")
        if batches < sum(fact.batches for fact in facts):
            print("Some are left: a fact is acknowledged a hundred ranges at a time. Do it again.")


def _facts(stub: Any, asked: dict[str, Any], kind: str, producer: str) -> list[Fact]:
    """Those that are meant. Raises CommandError when there is none."""
    found = list_facts(stub, _MOST, asked).rows
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
    OutputConsole(highlight=False).print(fact_table(facts, datetime.now(UTC)))
    if asking:
        reason = reason or str(typer.prompt("Why is it known and done with?"))
        batches = _counted(sum(fact.batches for fact in facts), "batch", "batches")
        if not typer.confirm(f"Acknowledge {batches}?"):
            raise CommandError("nothing was acknowledged")
    return reason


def _acknowledge(stub: Any, asked: dict[str, Any], facts: Sequence[Fact], reason: str) -> int:
    request = AcknowledgeFactsRequest(facts=facts, reason=reason, by=_who())
    return int(stub.AcknowledgeFacts(request, **asked).batches)


def _acknowledgements(stub: Any, asked: dict[str, Any]) -> list[Acknowledgement]:
    found: list[Acknowledgement] = []
    request = ListAcknowledgementsRequest(page_size=_MOST_AT_ONCE)
    while len(found) < _MOST:
        page = stub.ListAcknowledgements(request, **asked)
        found += page.acknowledgements
        request.page_token = page.next_page_token
        if not request.page_token:
            break
    return found


def _show(found: Sequence[Acknowledgement], output: StatusOutput) -> None:
    if output is StatusOutput.JSON:
        print(json.dumps([as_plain_acknowledgement(one) for one in found], ensure_ascii=False))
    else:
        OutputConsole(highlight=False).print(acknowledgement_table(found) if found else "nothing was acknowledged yet")


def _who() -> str:
    """The name of the user, as far as the system knows it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
