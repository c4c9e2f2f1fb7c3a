"""Writes records and gaps to standard output, as a person or a program wants them."""

import json
import sys
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from logmesh.cli.present import clean, json_line, text_line
from logmesh.client.asking.following import reason_of
from logmesh.v1.record_pb2 import LogRecord
from logmesh.v1.tail_service_pb2 import TailGap


class Output(StrEnum):
    """How records are written."""

    JSON = "json"
    TEXT = "text"
    RAW = "raw"


WantedOutput = Annotated[
    Output | None,
    typer.Option("--output", "-o", help="How to write records.", show_default="text on a terminal, else json"),
]


class PlainConsole(Console):
    """Text is shown as it is, also within tables: what others named and wrote may have brackets, which rich takes for styles,
    and colons, which it takes for emoji. Styles come as `Text`."""

    def __init__(self, *, stderr: bool = False, soft_wrap: bool = False) -> None:
        super().__init__(stderr=stderr, soft_wrap=soft_wrap, markup=False, emoji=False, highlight=False)


class OutputConsole(PlainConsole):
    """Standard output, whose closed end is an error like any other: rich by itself would end the process with 1."""

    def on_broken_pipe(self) -> None:
        """Called while the BrokenPipeError is handled."""
        raise  # noqa: PLE0704


class Printer:
    """Coloured lines on a terminal, NDJSON in a pipe, unless `chosen` says otherwise. Each record is out when `record` returns."""

    def __init__(self, chosen: Output | None, as_text: Callable[[LogRecord], Text] = text_line) -> None:
        self._as_text = as_text
        # Lines of a log are as long as they are: a terminal wraps them, and a pipe wants them whole.
        self._console = OutputConsole(soft_wrap=True)
        self._output = chosen or (Output.TEXT if sys.stdout.isatty() else Output.JSON)

    def write(self, message: LogRecord | TailGap) -> None:
        """Write what a tail hands out."""
        if isinstance(message, TailGap):
            self.gap(message)
        else:
            self.record(message)

    def record(self, record: LogRecord) -> None:
        """Write one record."""
        match self._output:
            case Output.TEXT:
                self._console.print(self._as_text(record))
            case Output.JSON:
                print(json_line(record), flush=True)
            case Output.RAW:
                print(record.body, flush=True)

    def headline(self, headline: Text) -> None:
        """Write what a person wants to know first; programs don't."""
        if self._output is Output.TEXT:
            self._console.print(headline)

    def gap(self, gap: TailGap) -> None:
        """Write what is missing where it is missing; bodies alone have no place for it but standard error."""
        match self._output:
            case Output.TEXT:
                self._console.print(Text(f"── {gap_sentence(gap)} ──", "bold yellow"))
            case Output.JSON:
                print(json.dumps({"gap": gap_fields(gap)}, separators=(",", ":")), flush=True)
            case Output.RAW:
                print(gap_sentence(gap), file=sys.stderr, flush=True)


def gap_sentence(gap: TailGap) -> str:
    """What is missing, for a person; times are local."""
    first, last = (
        datetime.fromtimestamp(moment.seconds).astimezone().strftime("%H:%M:%S")
        for moment in (gap.start_time, gap.end_time)
    )
    match reason_of(gap):
        case "disconnected":
            return "the connection broke before it was known where the tail stood; what came until now is left out: search finds it"
        case "processor_away":
            return f"since {first} {clean(gap.processor)} is away, and so is the store: what it took comes later"
        case "database_replaced":
            return f"the database was replaced or put back: records from {first} to {last} may be left out"
        case "forgotten":
            return f"records from {first} to {last} left out, a tail does not reach back so far: search finds them"
        case "unknown":
            return "records are left out, for a reason that this release does not know: search finds them"
    records = f"{gap.dropped:,} record{'s' if gap.dropped != 1 else ''}" if gap.dropped else "some records"
    return f"{records} from {first} to {last} left out, they came too quickly: search finds them"


def gap_fields(gap: TailGap) -> dict[str, Any]:
    """The same for a program: times are RFC 3339, and what is not known is left out but for `dropped`, which is 0."""
    fields: dict[str, Any] = {"reason": reason_of(gap), "dropped": gap.dropped}
    if gap.HasField("start_time"):
        fields["start_time"] = gap.start_time.ToJsonString()
    if gap.HasField("end_time"):
        fields["end_time"] = gap.end_time.ToJsonString()
    return {**fields, "processor": gap.processor} if gap.processor else fields
