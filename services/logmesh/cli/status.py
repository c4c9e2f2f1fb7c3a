"""`logmesh status`: what each producer has had stored and what is missing, and how each processor is."""

import json
from collections import Counter
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import grpc
import typer
from google.protobuf.json_format import MessageToDict
from rich.table import Table
from rich.text import Text

from logmesh.cli.ending import ending
from logmesh.cli.errors import from_rpc
from logmesh.cli.gateway import AskedDataDir, Gateway, find_gateway
from logmesh.cli.local.run_state import DEFAULT_DATA_DIR
from logmesh.cli.moments import format_age
from logmesh.cli.present import clean
from logmesh.cli.writing import OutputConsole
from logmesh.v1.pipeline_service_pb2 import (
    GetSummaryRequest,
    GetSummaryResponse,
    LedgerEntry,
    ListLedgerRequest,
    ListLedgerResponse,
    ListProcessorsRequest,
    ListProcessorsResponse,
    ProcessorState,
)
from logmesh.v1.pipeline_service_pb2_grpc import PipelineServiceStub

_TIMEOUT_SECONDS = 15
_RANGES_SHOWN = 3


class StatusOutput(StrEnum):
    """How the status is written."""

    JSON = "json"
    TEXT = "text"


def status(
    output: Annotated[StatusOutput, typer.Option("--output", "-o", help="How to write it.")] = StatusOutput.TEXT,
    producers: Annotated[int, typer.Option(min=1, max=1000, help="Producers at most, the latest first.")] = 100,
    gateway: Gateway = None,
    data_dir: AskedDataDir = DEFAULT_DATA_DIR,
) -> None:
    """Show what was received of each producer, what is missing, and the state of each processor.

    Exit codes: 0 the state is shown, whatever it is; 1 the gateway can't be reached or failed; 2 an option is wrong.
    """
    with ending("status"):
        summary, ledger, processors = _ask(producers, find_gateway(gateway, data_dir))
        if output is StatusOutput.JSON:
            print(json.dumps(as_plain(summary, ledger, processors), ensure_ascii=False))
            return
        console = OutputConsole(highlight=False)
        console.print(headline(summary))
        console.print(producer_table(ledger, datetime.now(UTC)))
        console.print(processor_table(processors))
        for line in (split_line(processors), *trouble_lines(processors)):
            if line:
                console.print(line)


def _ask(producers: int, gateway: str) -> tuple[GetSummaryResponse, ListLedgerResponse, ListProcessorsResponse]:
    with grpc.insecure_channel(gateway) as channel:
        stub = PipelineServiceStub(channel)
        try:
            ledger = stub.ListLedger(ListLedgerRequest(page_size=producers), timeout=_TIMEOUT_SECONDS)
            processors = stub.ListProcessors(ListProcessorsRequest(), timeout=_TIMEOUT_SECONDS)
            return stub.GetSummary(GetSummaryRequest(), timeout=_TIMEOUT_SECONDS), ledger, processors
        except grpc.RpcError as error:
            raise from_rpc(error, gateway) from error


def as_plain(
    summary: GetSummaryResponse, ledger: ListLedgerResponse, processors: ListProcessorsResponse
) -> dict[str, Any]:
    """The answers as JSON values: counts are numbers, durations seconds."""
    return {
        "lost_batches": summary.lost_batches,
        "unaccounted_batches": summary.unaccounted_batches,
        "lag_seconds": _seconds(summary),
        "producers": [
            {
                "producer": entry.producer,
                "spool_id": entry.spool_id,
                "last_seq": entry.last_seq,
                "missing": [[gap.first, gap.last] for gap in entry.missing],
                "missing_batches": missing_batches(entry),
                "lost": [[gap.first, gap.last] for gap in entry.lost],
                "stored": entry.stored,
                "dead_letters": entry.dead_letters,
                "last_commit_time": MessageToDict(entry.last_commit_time)
                if entry.HasField("last_commit_time")
                else None,
                "lag_seconds": _seconds(entry),
            }
            for entry in ledger.entries
        ],
        "processors": [
            {
                "name": state.name,
                "ready": state.ready,
                "track": state.track,
                "version": state.version,
                "streams": state.streams,
                "wal_bytes": state.wal_bytes,
                "unwritten_batches": state.unwritten_batches,
                "lag_seconds": _seconds(state),
                "stored": state.stored,
                "rejected": dict(state.rejected),
                "write_errors": state.write_errors,
            }
            for state in processors.processors
        ],
        "streams_by_track": streams_by_track(processors),
    }


def headline(summary: GetSummaryResponse) -> Text:
    """Lost, unaccounted, lag."""
    return Text.assemble(
        (f"lost {summary.lost_batches:,}", "bold red" if summary.lost_batches else "bold green"),
        " · ",
        (f"unaccounted {summary.unaccounted_batches:,}", "yellow" if summary.unaccounted_batches else ""),
        f" · lag {_lag(summary)}\n",
    )


def producer_table(ledger: ListLedgerResponse, now: datetime) -> Table:
    """A line a spool."""
    table = _table("producer", "received", "missing", "stored", "refused", "lag", "last commit")
    for entry in ledger.entries:
        batches = missing_batches(entry)
        shown = ", ".join(
            f"{gap.first}–{gap.last}" if gap.last > gap.first else f"{gap.first}"
            for gap in entry.missing[:_RANGES_SHOWN]
        )
        more = ", …" if len(entry.missing) > _RANGES_SHOWN else ""
        last_commit = "never"
        if entry.HasField("last_commit_time"):
            age = (now - entry.last_commit_time.ToDatetime(UTC)).total_seconds()
            last_commit = f"{format_age(max(0.0, age))} ago"
        table.add_row(
            clean(entry.producer),
            f"1–{entry.last_seq}" if entry.last_seq else "–",
            Text(f"{batches} ({shown}{more})", "yellow") if batches else Text("none", "green"),
            f"{entry.stored:,}",
            Text(f"{entry.dead_letters:,}", "yellow" if entry.dead_letters else ""),
            _lag(entry),
            last_commit,
        )
    return table


def processor_table(processors: ListProcessorsResponse) -> Table:
    """A line a processor."""
    table = _table("processor", "state", "track", "streams", "log on disk", "unwritten", "lag", "version")
    for state in processors.processors:
        table.add_row(
            clean(state.name),
            Text("ready", "green") if state.ready else Text("not ready", "red"),
            clean(state.track),
            str(state.streams),
            f"{state.wal_bytes / (1 << 20):.1f} MiB",
            str(state.unwritten_batches),
            _lag(state),
            clean(state.version),
        )
    return table


def streams_by_track(processors: ListProcessorsResponse) -> dict[str, int]:
    """How many streams are open on the processors of each track, the largest first."""
    streams: Counter[str] = Counter()
    for state in processors.processors:
        if state.track:
            streams[state.track] += state.streams
    return dict(streams.most_common())


def split_line(processors: ListProcessorsResponse) -> str:
    """How open streams are split between tracks; empty where there is one track."""
    streams = streams_by_track(processors)
    if len(streams) < 2:
        return ""
    every = sum(streams.values()) or 1
    return "open streams: " + ", ".join(
        f"{clean(track)} {count} ({count / every:.0%})" for track, count in streams.items()
    )


def trouble_lines(processors: ListProcessorsResponse) -> list[str]:
    """What each processor rejected and failed to write since its start; nothing of one without trouble."""
    lines = []
    for state in processors.processors:
        rejected = [f"rejected {count:,}: {clean(reason)}" for reason, count in sorted(state.rejected.items())]
        errors = [f"{state.write_errors:,} failed writes, made again"] if state.write_errors else []
        if troubles := errors + rejected:
            lines.append(f"{clean(state.name)}, since its start: {'; '.join(troubles)}")
    return lines


def missing_batches(entry: LedgerEntry) -> int:
    """How many batches below `last_seq` were not received."""
    return sum(gap.last - gap.first + 1 for gap in entry.missing)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column)
    return table


def _seconds(message: LedgerEntry | ProcessorState | GetSummaryResponse) -> float | None:
    return message.lag.ToNanoseconds() / 1e9 if message.HasField("lag") else None


def _lag(message: LedgerEntry | ProcessorState | GetSummaryResponse) -> str:
    seconds = _seconds(message)
    return "–" if seconds is None else format_age(max(0.0, seconds))
