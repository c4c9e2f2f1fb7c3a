"""What to do after a search that found nothing: one line, from what the store has elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from logmesh.cli.civil import local

NewestTime = Callable[[str], int | None]
"""The time of the newest record that matches a filter, 0 when there is none and None when nobody knows."""

_SPANS: Final = {"30m": 1_800, "1h": 3_600, "3h": 10_800, "6h": 21_600, "12h": 43_200, "1d": 86_400, "2d": 172_800, "7d": 604_800,
                 "14d": 1_209_600, "30d": 2_592_000}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Searched:
    """What was looked through: the filter and, in nanoseconds since 1970, the range and the time of looking."""

    filter_text: str
    start_unix_nano: int
    end_unix_nano: int
    now_unix_nano: int


def next_step(searched: Searched, newest: NewestTime, first_log: str) -> str:
    """What a person should know and try. `first_log` is what to say of a store without any record."""
    where = f"from {_written(searched.start_unix_nano)} to {_written(searched.end_unix_nano)}"
    what = "no record" if not searched.filter_text.strip() else "no record that matches"
    match = newest(searched.filter_text)
    if match:
        return f"{what} {where}; the newest is of {_written(match)}: {_range_with(match, searched)}"
    every = newest("") if searched.filter_text.strip() else match
    if match is None or every is None:
        return f"{what} {where}; look further back with --since 7d"
    if every:
        return (
            f"{what} at all, of records up to {_written(every)}; a word is looked for in the body, a field is written"
            " service = checkout (docs/filters.md)"
        )
    return first_log


def _range_with(match: int, searched: Searched) -> str:
    """Options of a range that has it."""
    age = (searched.now_unix_nano - match) / 1e9
    if age < 0:
        return f"--since '{_written(match)}' --until '{_written(match + 10**9)}'"
    fitting = next((span for span, seconds in _SPANS.items() if seconds > age), "")
    since = f"--since {fitting}" if fitting else f"--since {local(match):%Y-%m-%d}"
    return f"{since}, without --until" if match >= searched.end_unix_nano else since


def _written(unix_nano: int) -> str:
    return f"{local(unix_nano):%Y-%m-%d %H:%M:%S}"
