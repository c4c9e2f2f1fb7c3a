"""The pipeline's state for a person. What is not known is never shown as a 0 that is well."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from logmesh.cli.moments import format_age
from logmesh.cli.present import clean
from logmesh.cli.status_json import streams_by_track
from logmesh.cli.status_report import Report
from logmesh.client.asking.listing import Listed
from logmesh.client.asking.pipeline import Acknowledgement, Fact, LedgerEntry, ProcessorState, Ranges, Summary

_RANGES_SHOWN = 3
_NOTABLE = timedelta(seconds=5)


def lines(report: Report, now: datetime) -> Iterator[RenderableType]:
    """The whole, top down: the figures, what must be looked at, producers, processors."""
    failures = {name: clean(failure) for name, failure in report.failures.items()}
    yield headline(report, now)
    yield ""
    if report.facts:
        yield from fact_lines(report.facts, now)
    if "facts" in failures and failures["facts"] != failures.get("summary"):
        yield Text(f"what must be looked at is not known: {failures['facts']}\n", "red")
    if "ledger" in failures:
        yield Text(f"the producers are not known, the ledger can't be read: {failures['ledger']}\n", "red")
    else:
        yield producer_table(report.ledger, now)
        if hidden := report.ledger.total - len(report.ledger):
            yield f"and {hidden:,} more producers: --producers {report.ledger.total}"
    if "processors" in failures:
        yield Text(f"the processors are not known: {failures['processors']}", "red")
    else:
        yield processor_table(report.processors)
    yield from filter(None, (split_line(report.processors), *trouble_lines(report.processors)))


def headline(report: Report, now: datetime) -> Text:
    """Lost, unaccounted, lag; or why one is not known."""
    summary = report.summary
    if summary is None:
        why = clean(report.failures.get("summary", ""))
        return Text(f"lost unknown · unaccounted unknown · lag unknown: {why}", "bold red")
    well = "" if report.nobody_answers else "bold green"
    return Text.assemble(
        (f"lost {summary.lost_batches:,}", "bold red" if summary.lost_batches else well),
        " · ",
        (f"unaccounted {summary.unaccounted_batches:,}", "yellow" if summary.unaccounted_batches else ""),
        " · ",
        _lag_of_all(report, summary, now),
    )


def _lag_of_all(report: Report, summary: Summary, now: datetime) -> Text:
    silent = len(report.processors) - len(report.answering)
    if report.nobody_answers:
        last = "nothing was ever committed"
        if summary.last_commit is not None:
            last = f"the last commit was {_ago(summary.last_commit, now)}"
        return Text(f"lag unknown: no processor answers; {last}", "bold red")
    if silent:
        whom = "a processor does not answer" if silent == 1 else f"{silent} processors do not answer"
        return Text(f"lag {_lag(summary.lag or timedelta())} at least: {whom}", "yellow")
    return Text(f"lag {_lag(summary.lag)}{_what_waits(report.answering, now)}")


def _what_waits(states: Sequence[ProcessorState], now: datetime) -> str:
    """What a lag is of, and since when; a moment's is not worth it."""
    longest = max((state.lag for state in states if state.lag is not None), default=timedelta())
    if longest < _NOTABLE:
        return ""
    batches = sum(state.unwritten_batches for state in states)
    since = (now - longest).astimezone()
    return f": {batches:,} {'batch waits' if batches == 1 else 'batches wait'} to be stored, since {since:%H:%M:%S}"


def fact_lines(facts: Listed[Fact], now: datetime) -> Iterator[RenderableType]:
    """Each fact in a line, what to do about each kind, and how it ends."""
    yield fact_table(facts, now)
    if hidden := facts.total - len(facts):
        yield f"and {hidden:,} more: logmesh acknowledge shows all of them"
    for kind, advice in {fact.kind: fact.advice for fact in facts}.items():
        yield Text.assemble((f"{clean(kind)}: ", "bold"), clean(advice))
    yield "When it is dealt with: logmesh acknowledge\n"


def fact_table(facts: Iterable[Fact], now: datetime) -> Table:
    """A line a fact."""
    table = _table("fact", "batches", "producer", "spool", "numbers", "since")
    for fact in facts:
        since = "–" if fact.since is None else _ago(fact.since, now)
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
            f"{one.time.astimezone():%Y-%m-%d %H:%M}", clean(one.by), clean(one.kind), f"{one.batches:,}",
            clean(one.producer), clean(one.spool_id[:8]), _ranges(one.numbers), clean(one.reason),
        )  # fmt: skip
    return table


def producer_table(entries: Iterable[LedgerEntry], now: datetime) -> Table:
    """A line a spool."""
    table = _table("producer", "received", "missing", "stored", "refused", "lag", "last commit")
    for entry in entries:
        batches = entry.missing_batches
        table.add_row(
            clean(entry.producer),
            f"1–{entry.last_seq}" if entry.last_seq else "–",
            Text(f"{batches} ({_ranges(entry.missing)})", "yellow") if batches else Text("none", "green"),
            f"{entry.stored:,}",
            Text(f"{entry.dead_letters:,}", "yellow" if entry.dead_letters else ""),
            _lag(entry.lag),
            "never" if entry.last_commit is None else _ago(entry.last_commit, now),
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
            _lag(state.lag),
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


def _ranges(ranges: Ranges) -> str:
    shown = [f"{first}–{last}" if last > first else f"{first}" for first, last in ranges[:_RANGES_SHOWN]]
    return ", ".join(shown + ["…"] * (len(ranges) > _RANGES_SHOWN))


def _ago(moment: datetime, now: datetime) -> str:
    return f"{format_age(max(0.0, (now - moment).total_seconds()))} ago"


def _lag(lag: timedelta | None) -> str:
    return "–" if lag is None else format_age(max(0.0, lag.total_seconds()))


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column)
    return table
