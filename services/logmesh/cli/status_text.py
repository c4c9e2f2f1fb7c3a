"""The pipeline's state for a person. What is not known is never shown as a 0 that is well."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from logmesh.cli.moments import format_age
from logmesh.cli.present import clean
from logmesh.cli.status_json import missing_batches, seconds_of, streams_by_track
from logmesh.cli.status_report import Listed, Report
from logmesh.v1.ingest_service_pb2 import SeqRange
from logmesh.v1.pipeline_service_pb2 import Acknowledgement, Fact, LedgerEntry, ProcessorState

_RANGES_SHOWN = 3


def lines(report: Report, now: datetime) -> Iterator[RenderableType]:
    """The whole, top down: the figures, what must be looked at, producers, processors."""
    yield headline(report, now)
    yield ""
    if report.facts.value.rows:
        yield from fact_lines(report.facts.value, now)
    if report.facts.failure and report.facts.failure != report.summary.failure:
        yield Text(f"what must be looked at is not known: {clean(report.facts.failure)}\n", "red")
    if report.ledger.failure:
        yield Text(f"the producers are not known, the ledger can't be read: {clean(report.ledger.failure)}\n", "red")
    else:
        yield producer_table(report.ledger.value.rows, now)
        if hidden := report.ledger.value.total - len(report.ledger.value.rows):
            yield f"and {hidden:,} more producers: --producers {report.ledger.value.total}"
    if report.processors.failure:
        yield Text(f"the processors are not known: {clean(report.processors.failure)}", "red")
    else:
        yield processor_table(report.processors.value)
    yield from filter(None, (split_line(report.processors.value), *trouble_lines(report.processors.value)))


def headline(report: Report, now: datetime) -> Text:
    """Lost, unaccounted, lag; or why one is not known."""
    if report.summary.failure:
        return Text(f"lost unknown · unaccounted unknown · lag unknown: {clean(report.summary.failure)}", "bold red")
    summary = report.summary.value
    well = "" if report.nobody_answers else "bold green"
    return Text.assemble(
        (f"lost {summary.lost_batches:,}", "bold red" if summary.lost_batches else well),
        " · ",
        (f"unaccounted {summary.unaccounted_batches:,}", "yellow" if summary.unaccounted_batches else ""),
        " · ",
        _lag_of_all(report, now),
    )


def _lag_of_all(report: Report, now: datetime) -> Text:
    summary, silent = report.summary.value, len(report.processors.value) - len(report.answering)
    if report.nobody_answers:
        last = "nothing was ever committed"
        if summary.HasField("last_commit_time"):
            last = f"the last commit was {_ago(summary.last_commit_time.ToDatetime(UTC), now)}"
        return Text(f"lag unknown: no processor answers; {last}", "bold red")
    if silent:
        whom = "a processor does not answer" if silent == 1 else f"{silent} processors do not answer"
        return Text(f"lag {_lag(summary.lag.ToNanoseconds() / 1e9)} at least: {whom}", "yellow")
    return Text(f"lag {_lag(seconds_of(summary))}")


def fact_lines(facts: Listed[Fact], now: datetime) -> Iterator[RenderableType]:
    """Each fact in a line, what to do about each kind, and how it ends."""
    yield fact_table(facts.rows, now)
    if hidden := facts.total - len(facts.rows):
        yield f"and {hidden:,} more: logmesh acknowledge shows all of them"
    for kind, advice in {fact.kind: fact.advice for fact in facts.rows}.items():
        yield Text.assemble((f"{clean(kind)}: ", "bold"), clean(advice))
    yield "When it is dealt with: logmesh acknowledge\n"


def fact_table(facts: Iterable[Fact], now: datetime) -> Table:
    """A line a fact."""
    table = _table("fact", "batches", "producer", "spool", "numbers", "since")
    for fact in facts:
        since = _ago(fact.since.ToDatetime(UTC), now) if fact.HasField("since") else "–"
        look = "bold red" if fact.kind == "lost" else "yellow"
        table.add_row(
            Text(clean(fact.kind), look), f"{fact.batches:,}", clean(fact.producer), clean(fact.spool_id[:8]),
            _ranges(fact.numbers), since,
        )  # fmt: skip
    return table


def acknowledgement_table(found: Iterable[Acknowledgement]) -> Table:
    """A line a fact that was acknowledged."""
    table = _table("when", "by", "fact", "batches", "producer", "spool", "numbers", "reason")
    for one in found:
        table.add_row(
            f"{one.time.ToDatetime(UTC).astimezone():%Y-%m-%d %H:%M}", clean(one.by), clean(one.kind), f"{one.batches:,}",
            clean(one.producer), clean(one.spool_id[:8]), _ranges(one.numbers), clean(one.reason),
        )  # fmt: skip
    return table


def producer_table(entries: Iterable[LedgerEntry], now: datetime) -> Table:
    """A line a spool."""
    table = _table("producer", "received", "missing", "stored", "refused", "lag", "last commit")
    for entry in entries:
        batches = missing_batches(entry)
        committed = entry.HasField("last_commit_time")
        table.add_row(
            clean(entry.producer),
            f"1–{entry.last_seq}" if entry.last_seq else "–",
            Text(f"{batches} ({_ranges(entry.missing)})", "yellow") if batches else Text("none", "green"),
            f"{entry.stored:,}",
            Text(f"{entry.dead_letters:,}", "yellow" if entry.dead_letters else ""),
            _lag(seconds_of(entry)),
            _ago(entry.last_commit_time.ToDatetime(UTC), now) if committed else "never",
        )
    return table


def processor_table(states: Iterable[ProcessorState]) -> Table:
    """A line a processor; of one that does not answer nothing but its name is known."""
    table = _table("processor", "state", "track", "streams", "log on disk", "unwritten", "lag", "version")
    for state in states:
        if not state.version:
            table.add_row(clean(state.name), Text("does not answer", "bold red"), *["–"] * 6)
            continue
        table.add_row(
            clean(state.name),
            Text("ready", "green") if state.ready else Text("not ready", "red"),
            clean(state.track),
            str(state.streams),
            f"{state.wal_bytes / (1 << 20):.1f} MiB",
            str(state.unwritten_batches),
            _lag(seconds_of(state)),
            clean(state.version),
        )
    return table


def split_line(states: Sequence[ProcessorState]) -> str:
    """How open streams are split between tracks; empty where there is one track."""
    streams = streams_by_track(states)
    if len(streams) < 2:
        return ""
    every = sum(streams.values()) or 1
    return "open streams: " + ", ".join(
        f"{clean(track)} {count} ({count / every:.0%})" for track, count in streams.items()
    )


def trouble_lines(states: Iterable[ProcessorState]) -> list[str]:
    """What each processor rejected and failed to write since its start; nothing of one without trouble."""
    found = []
    for state in states:
        rejected = [f"rejected {count:,}: {clean(reason)}" for reason, count in sorted(state.rejected.items())]
        errors = [f"{state.write_errors:,} failed writes, made again"] if state.write_errors else []
        if troubles := errors + rejected:
            found.append(f"{clean(state.name)}, since its start: {'; '.join(troubles)}")
    return found


def _ranges(ranges: Sequence[SeqRange]) -> str:
    shown = [
        f"{part.first}–{part.last}" if part.last > part.first else f"{part.first}" for part in ranges[:_RANGES_SHOWN]
    ]
    return ", ".join(shown + ["…"] * (len(ranges) > _RANGES_SHOWN))


def _ago(moment: datetime, now: datetime) -> str:
    return f"{format_age(max(0.0, (now - moment).total_seconds()))} ago"


def _lag(seconds: float | None) -> str:
    return "–" if seconds is None else format_age(max(0.0, seconds))


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column)
    return table
