"""`logmesh ship`: real lines, from files or standard input, followed until they are in the database.

A spool for each service and set of files remembers what was read: the same command again sends only what is new,
and what an interrupted one left.
"""

import asyncio
import glob
import os
import re
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from logmesh.cli.dry_run import DryRunOutput, effects_of, show
from logmesh.cli.local.errors import LocalError, WrongOption
from logmesh.cli.local.run_state import RunState, read_run_state
from logmesh.cli.ship_docker import command_again, docker_pattern
from logmesh.cli.ship_spools import STDIN, note_service, read_elsewhere, share_with_owner, spools_of
from logmesh.cli.writing import PlainConsole
from logmesh.journal import JournalError, JournalLocked
from logmesh.producer.outside import Outside
from logmesh.producer.rules import RulesError, read_rules
from logmesh.producer.run import Outcome, open_source, run_producer
from logmesh.producer.settings import ProducerSettings
from logmesh.producer.sources import Position
from logmesh.producer.sources.troubles import Troubles
from logmesh.producer.timestamps.zones import zone_of
from logmesh.record.entry import ATTRIBUTES_TEXT_KEY
from logmesh.record.limits import MAX_AGE, MAX_AHEAD
from logmesh.runtime.telemetry import configure_logging

EXIT_INTERRUPTED = 130
_MAX_LABEL_BYTES = 255


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
    timezone: str = ""
    """Zone of times that name none; empty: LOGMESH_TIMEZONE, else this machine's."""
    docker_root: Path | None = None
    """Docker's folder, whose containers' logs are shipped instead of files."""
    rules: Path | None = None
    """File of rules; None: LOGMESH_RULES, if any."""


def ship(options: ShipOptions) -> int:
    """Ship until the input ends and everything is committed; return the exit code. Raises LocalError."""
    options = with_docker(with_pipe(options))
    check_rules(options.rules)
    running = read_run_state(options.data_dir)
    folder = options.data_dir / "ship"
    spools = [options.spool] if options.spool else spools_of(folder, options.service, options.files)
    share_with_owner(folder)
    for spool in spools:
        settings = ship_settings(options, running, spool)
        configure_logging(settings)
        try:
            note_service(spool, options.service)
            return _ship(settings, read_elsewhere(folder, options.service, spool))
        except JournalLocked as error:
            in_use = error
        except (JournalError, OSError) as error:
            raise LocalError(f"can't use the spool {spool}: {error}") from error
    raise LocalError(f"can't use the spool {spool}: {in_use}")


def dry_run(options: ShipOptions, output: DryRunOutput) -> int:
    """Show what rules would do to what `ship` would read from the beginning; return the exit code. Raises LocalError."""
    options = with_docker(with_pipe(options))
    if options.rules is None:
        raise WrongOption("--dry-run shows what rules would do: name their file with --rules")
    check_rules(options.rules)
    settings = ProducerSettings(**_what_is_read(replace(options, follow=False)))  # type: ignore[arg-type]
    configure_logging(settings)
    troubles = Troubles(lambda what: PlainConsole(stderr=True).print(what, style="red"))
    effects = asyncio.run(effects_of(open_source(settings, {}, (), troubles), options.rules))
    show(effects, output)
    return 1 if troubles else 0


def check_rules(path: Path | None) -> None:
    """Raises WrongOption, which names the line, for rules that can't be understood."""
    if path is not None:
        try:
            read_rules(path)
        except RulesError as error:
            raise WrongOption(str(error)) from error


def with_docker(options: ShipOptions) -> ShipOptions:
    """With all containers' logs as files, where Docker's folder is given. Raises LocalError where they can't be looked at."""
    if options.docker_root is None:
        return options
    if options.files:
        raise LocalError(f"--docker ships containers' logs alone: {options.files[0]} is for a command of its own")
    follow = ["--follow"] if options.follow else []
    again = command_again(options.data_dir, options.docker_root, *follow)
    return replace(options, files=[docker_pattern(options.docker_root, options.follow, again)])


def with_pipe(options: ShipOptions) -> ShipOptions:
    """With a named pipe, or one that a shell made by `<(…)`, as standard input. Raises LocalError for one among others."""
    pipes = [file for file in options.files if file != STDIN and _is_pipe(Path(file))]
    if not pipes:
        return options
    if len(options.files) > 1:
        raise LocalError(
            f"{pipes[0]} is a pipe, and a pipe is shipped alone: cat {' '.join(options.files)} | logmesh ship -"
        )
    try:
        descriptor = os.open(pipes[0], os.O_RDONLY)
    except OSError as error:
        raise LocalError(f"can't read {pipes[0]}: {error.strerror}") from error
    os.dup2(descriptor, 0)
    os.close(descriptor)
    return replace(options, files=[STDIN])


def _is_pipe(path: Path) -> bool:
    try:
        return path.is_fifo() or path.is_char_device()
    except OSError:
        return False


def _ship(settings: ProducerSettings, elsewhere: list[Position]) -> int:
    shown = _Shown(PlainConsole(stderr=True))
    outcome, interrupted = asyncio.run(_run(settings, elsewhere, shown))
    complete = outcome is not None and outcome.complete
    PlainConsole().print(f"{shown.committed:,} records committed")
    left_out = outcome.left_out if outcome else 0
    if left_out:
        PlainConsole(stderr=True).print(f"{left_out:,} were left out by rules")
    for sentence in (*shown.oddities(), *not_at_their_time(outcome.outside if outcome else Outside())):
        PlainConsole(stderr=True).print(sentence, style="yellow")
    if complete and not (shown.committed or left_out or shown.dead_letters or shown.troubles):
        PlainConsole(stderr=True).print(_nothing_new(settings), style="yellow")
    if not complete:
        PlainConsole(stderr=True).print(_what_is_left(settings, outcome), style="yellow")
    if interrupted and not complete:
        return EXIT_INTERRUPTED
    if shown.troubles:
        PlainConsole(stderr=True).print(
            f"{len(shown.troubles)} of the files could not be read, or not all of it", style="red"
        )
    return 0 if complete and not shown.refused and not shown.dead_letters and not shown.troubles else 1


def not_at_their_time(outside: Outside) -> Iterator[str]:
    """What is to be said of records that are stored under another time than their own, so that they are found."""
    own = "their own time is in original_time"
    if outside.older:
        days = MAX_AGE.days
        oldest = f"{datetime.fromtimestamp(outside.oldest // 10**9, UTC):%Y-%m-%d}"
        yield (
            f"{outside.older:,} of them are older than {days} days, the oldest of {oldest}: they stand where those begin"
            f" (logmesh search --since {days + 1}d), {own}"
        )
    if outside.later:
        minutes = MAX_AHEAD // timedelta(minutes=1)
        yield (
            f"{outside.later:,} of them are more than {minutes} minutes ahead, perhaps of another zone (--timezone): they stand"
            f" {minutes} minutes ahead, {own}"
        )


def _nothing_new(settings: ProducerSettings) -> str:
    """Why nothing was shipped."""
    if settings.source == "stdin":
        return "nothing came on standard input; for example: echo hello | logmesh ship - --service hello"
    return "nothing new: the files are empty, or what is in them was shipped before; logmesh search shows it"


def _what_is_left(settings: ProducerSettings, outcome: Outcome | None) -> str:
    """Of a run that did not come to its end; None when it was stopped at once."""
    is_pipe = settings.source == "stdin"
    left = f", {outcome.left:,} records wait in {settings.spool_dir}" if outcome is not None and outcome.left else ""
    if is_pipe and outcome is not None and outcome.unkept:
        left += f", {outcome.unkept:,} that were read of the pipe had no room there and are not sent"
    rest = "what was not read of the pipe is not sent" if is_pipe else "it sends what is left"
    return f"not all of it{left}; the same command again: {rest}"


def ship_settings(options: ShipOptions, running: RunState | None, spool: Path) -> ProducerSettings:
    """The producer's settings: options first, then the environment, then what runs under the data folder."""
    chosen = _what_is_read(options) | {"spool_dir": spool}
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


def _what_is_read(options: ShipOptions) -> dict[str, object]:
    """The producer's settings, but for where to and what is kept on the way. Raises LocalError."""
    chosen: dict[str, object] = {
        "name": f"{options.service}: {_named(options)}".encode()[:_MAX_LABEL_BYTES].decode("utf-8", "ignore"),
        "instance": socket.gethostname(),
        "service": options.service,
        "follow": options.follow,
        "join": options.join,
        "spool_retain_seconds": 0,  # nobody would send it again when this has ended
        "metrics_port": 0,
        "log_format": "console",
        "log_level": "error",
    }
    if options.timezone:
        try:
            zone_of(options.timezone)
        except ValueError as error:
            raise LocalError(str(error)) from error
        chosen["timezone"] = options.timezone
    if options.rules is not None:
        chosen["rules"] = options.rules
    if options.files == [STDIN]:
        chosen["source"] = "stdin"
    elif options.docker_root is not None:
        chosen |= {"source": "file", "files": options.files}
    else:
        chosen |= {"source": "file", "files": [_pattern(file) for file in options.files]}
    return chosen


def _named(options: ShipOptions) -> str:
    """What is shipped, for the name of the producer."""
    if options.docker_root is not None:
        return f"Docker's containers on {socket.gethostname()}"
    return "standard input" if options.files == [STDIN] else ", ".join(map(os.path.basename, options.files))


def _pattern(file: str) -> str:
    """A glob for the file source; a name that exists is taken literally. Raises LocalError for one that matches nothing."""
    if file == STDIN:
        raise LocalError("standard input (-) can't be shipped together with files")
    if Path(file).exists():
        if not Path(file).is_file():
            raise LocalError(f"{file} is not a file; ship its files with '{file.rstrip('/')}/*'")
        return glob.escape(str(Path(file).absolute()))
    found = glob.glob(file)  # noqa: PTH207 - a pattern, absolute or not
    if not found:
        raise LocalError(f"there is no file {file}")
    return str(Path(file).absolute())


class _Shown:
    """Counts, and shows them: a bar on a terminal, in a pipe only what goes wrong."""

    def __init__(self, console: PlainConsole) -> None:
        self.committed = 0
        self.refused = 0
        self.dead_letters = 0
        self.attributes_as_text = 0
        self.troubles = Troubles(self._say)
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

    def otherwise(self, dead_letters: int, attributes_as_text: int) -> None:
        """Of what is committed, so many records were not stored as they came."""
        self.dead_letters += dead_letters
        self.attributes_as_text += attributes_as_text

    def refuse(self, what: str) -> None:
        """A batch will never be stored."""
        self.refused += 1
        self._say(what)

    def oddities(self) -> Iterator[str]:
        """What is to be said of records that were not stored as they came."""
        if self.dead_letters:
            yield f"{self.dead_letters:,} of them can't be stored: no search finds them, the view logmesh.refused has them and why"
        if self.attributes_as_text:
            yield f"{self.attributes_as_text:,} of them have fields that can't be stored as such: {ATTRIBUTES_TEXT_KEY} has their text"

    def error(self, reason: str) -> None:
        """The processors can't be reached just now; said once, whichever of them it was."""
        kind = re.sub(r"\d+", "", reason)
        if kind != self._last_error:
            self._last_error = kind
            self._console.print(f"waiting for a processor: {reason}", style="yellow")

    def stopping(self, seconds: float) -> None:
        """Somebody pressed Ctrl-C."""
        self._console.print(
            f"stopping: up to {seconds:.0f} s for what is on its way; Ctrl-C again stops at once", style="yellow"
        )

    def _say(self, what: str) -> None:
        self._console.print(what, style="red")

    def _update(self) -> None:
        self._progress.update(self._task, total=max(self._read, self.committed), completed=self.committed)


async def _run(settings: ProducerSettings, elsewhere: list[Position], shown: _Shown) -> tuple[Outcome | None, bool]:
    """How it ended, None when it was stopped at once, and whether somebody stopped it."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    working = asyncio.create_task(
        run_producer(
            settings,
            stop,
            read_elsewhere=elsewhere,
            on_spooled=shown.spooled,
            on_committed=shown.commit,
            on_error=shown.error,
            on_refused=shown.refuse,
            on_otherwise=shown.otherwise,
            troubles=shown.troubles,
        )
    )

    def asked() -> None:
        if stop.is_set():
            working.cancel()
        else:
            stop.set()
            shown.stopping(settings.drain_seconds)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked)
    with shown:
        try:
            return await working, stop.is_set()
        except asyncio.CancelledError:
            return None, True
