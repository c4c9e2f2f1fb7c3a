"""What the runner shows: its own words and its children's logs, each line with the name it comes from.

What can't be shown is lost, and nothing else comes of it: the runner goes on, and stops, without anybody who looks.
"""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any, TextIO, cast

from rich.console import Console
from rich.text import Text

NAME_WIDTH = 15
COLOURS = ("cyan", "magenta", "blue", "green", "bright_cyan", "bright_magenta", "bright_blue", "bright_green")
LEVELS = {"warning": "yellow", "error": "red", "critical": "bold red", "exception": "red"}
# Keys that the line shows in another form, or that say nothing on a terminal.
SHOWN_ELSEWHERE = {"event", "level", "timestamp", "event_name", "logger"}


def render_line(name: str, colour: str, line: str, now: datetime) -> Text:
    """One line of a child's output. JSON logs become a sentence with fields; anything else stays as it is."""
    text = Text()
    level, sentence, fields = "info", line, {}
    if line.startswith("{"):
        try:
            parsed = json.loads(line)
        except ValueError:
            parsed = {}
        if isinstance(parsed, dict) and "event" in parsed:
            level, sentence = str(parsed.get("level", "info")), str(parsed["event"])
            fields = {key: value for key, value in parsed.items() if key not in SHOWN_ELSEWHERE}
    text.append(f"{now:%H:%M:%S} ", style="dim")
    text.append(f"{name:<{NAME_WIDTH}} ", style=colour)
    text.append(sentence, style=LEVELS.get(level, ""))
    for key, value in fields.items():
        text.append(f" {key}=", style="dim")
        text.append(value if isinstance(value, str) else json.dumps(value))
    return text


class BestEffortFile:
    """A text file that loses what it can't write: its terminal or pipe is closed, its disk full, a character not of its encoding."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """Write what can be written."""
        encoding = self._file.encoding or "utf-8"
        with contextlib.suppress(OSError):
            self._file.write(text.encode(encoding, "backslashreplace").decode(encoding))
        return len(text)

    def flush(self) -> None:
        """Flush what can be flushed."""
        with contextlib.suppress(OSError):
            self._file.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class Output:
    """Writes lines to the terminal, in colour where it has any."""

    def __init__(self, file: TextIO) -> None:
        # Rich would keep what it can't write, to try it again with each line, and end the process when a pipe is closed.
        self._console = Console(file=cast("TextIO", BestEffortFile(file)))
        self._colours: dict[str, str] = {}

    def child(self, name: str, line: str) -> None:
        """Show a line of a child's output."""
        colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
        self._print(render_line(name, colour, line, datetime.now(UTC).astimezone()))

    def say(self, sentence: str, *, style: str = "bold") -> None:
        """Show a line of the runner's own."""
        now = datetime.now(UTC).astimezone()
        self._print(
            Text.assemble((f"{now:%H:%M:%S} ", "dim"), (f"{'logmesh':<{NAME_WIDTH}} ", "bold"), (sentence, style))
        )

    def plain(self, text: str | Text = "") -> None:
        """Show a line as it is."""
        self._print(text if isinstance(text, Text) else Text(text))

    def _print(self, text: Text) -> None:
        # Lines are never cut or wrapped: a terminal does that better, and a pipe wants them whole.
        self._console.print(text, soft_wrap=True, highlight=False)
