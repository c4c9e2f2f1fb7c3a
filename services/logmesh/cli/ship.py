"""`logmesh ship`: real lines, from files or standard input, followed until they are in the database.

A spool for each service and set of files remembers what was read: the same command again sends only what is new,
and what an interrupted one left.
"""

import asyncio
import glob
import hashlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from logmesh.cli.local.errors import LocalError
from logmesh.cli.local.run_state import RunState, read_run_state
from logmesh.journal import JournalError
from logmesh.producer.run import run_producer
from logmesh.producer.settings import ProducerSettings
from logmesh.runtime.telemetry import configure_logging


@dataclass(frozen=True, slots=True)
class ShipOptions:
    """What a person may choose."""

    files: list[str]
    """Paths or globs; `-` alone is standard input."""
    service: str
    data_dir: Path
    target: str | None = None
    """gRPC target of the processors; None: those that run under the data folder, else LOGMESH_TARGET."""
    spool: Path | None = None
    follow: bool = False
    join: bool = True
    """Whether a stack trace is one record, or each of its lines."""


def ship(options: ShipOptions) -> int:
    """Ship until the input ends and everything is committed; return the exit code. Raises LocalError."""
    settings = ship_settings(options, read_run_state(options.data_dir))
    configure_logging(settings)
    shown = _Shown(Console(stderr=True))
    try:
        complete = asyncio.run(_run(settings, shown))
    except JournalError as error:
        raise LocalError(f"can't use the spool {settings.spool_dir}: {error}") from error
    Console().print(f"{shown.committed:,} records committed", highlight=False)
    if not complete:
        Console(stderr=True).print("not all of it: the same command sends what is left", style="yellow")
    return 0 if complete and not shown.refused else 1


def ship_settings(options: ShipOptions, running: RunState | None) -> ProducerSettings:
    """The producer's settings: options first, then the environment, then what runs under the data folder."""
    chosen: dict[str, object] = {
        "service": options.service,
        "follow": options.follow,
        "join": options.join,
        "spool_dir": options.spool or options.data_dir / "ship" / spool_name(options),
        "metrics_port": 0,
        "log_format": "console",
        "log_level": "error",
    }
    if options.files == ["-"]:
        chosen["source"] = "stdin"
    else:
        chosen |= {"source": "file", "files": [_pattern(file) for file in options.files]}
    if options.target:
        chosen["target"] = options.target
    elif running and "LOGMESH_TARGET" not in os.environ:
        chosen |= {
            "target": running.target,
            "tls_cert": running.tls_cert,
            "tls_key": running.tls_key,
            "tls_ca": running.tls_ca,
        }
    elif "LOGMESH_TARGET" not in os.environ:
        raise LocalError("nothing runs here to ship to: start `logmesh up`, or give --target")
    return ProducerSettings(**chosen)  # type: ignore[arg-type]  # pydantic checks each


def spool_name(options: ShipOptions) -> str:
    """A name that is the same for the same service and files."""
    paths = sorted(file if file == "-" else str(Path(file).absolute()) for file in options.files)
    return hashlib.sha256("\0".join([options.service, *paths]).encode()).hexdigest()[:16]


def _pattern(file: str) -> str:
    """A glob for the file source; a name that exists is taken literally. Raises LocalError for one that matches nothing."""
    if file == "-":
        raise LocalError("standard input (-) can't be shipped together with files")
    if Path(file).exists():
        if not Path(file).is_file():
            raise LocalError(f"{file} is not a file; ship its files with '{file.rstrip('/')}/*'")
        return glob.escape(str(Path(file).absolute()))
    if not glob.glob(file):  # noqa: PTH207 - a pattern, absolute or not
        raise LocalError(f"there is no file {file}")
    return str(Path(file).absolute())


class _Shown:
    """Counts, and shows them: a bar on a terminal, in a pipe only what goes wrong."""

    def __init__(self, console: Console) -> None:
        self.committed = 0
        self.refused = 0
        self._read = 0
        self._last_error = ""
        self._console = console
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task: TaskID = self._progress.add_task("committed", total=None)

    def __enter__(self) -> "_Shown":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def spooled(self, records: int) -> None:
        """More records were read."""
        self._read += records
        self._update()

    def commit(self, records: int) -> None:
        """More records are in the database. Some may be of an earlier run."""
        self.committed += records
        self._last_error = ""
        self._update()

    def refuse(self, what: str) -> None:
        """A batch will never be stored."""
        self.refused += 1
        self._console.print(what, style="red", highlight=False, markup=False)

    def error(self, reason: str) -> None:
        """The processors can't be reached just now; said once."""
        if reason != self._last_error:
            self._last_error = reason
            self._console.print(f"waiting for a processor: {reason}", style="yellow", highlight=False, markup=False)

    def _update(self) -> None:
        self._progress.update(self._task, total=max(self._read, self.committed), completed=self.committed)


async def _run(settings: ProducerSettings, shown: _Shown) -> bool:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    with shown:
        return await run_producer(
            settings,
            stop,
            on_spooled=shown.spooled,
            on_committed=shown.commit,
            on_error=shown.error,
            on_refused=shown.refuse,
        )
