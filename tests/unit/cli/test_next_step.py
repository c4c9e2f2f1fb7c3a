"""What is said of a search that found nothing, and of a store that has nothing."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from logmesh.cli.first_log import first_log, ways
from logmesh.cli.local.run_state import DEFAULT_DATA_DIR, RunState
from logmesh.cli.next_step import Searched, next_step

NOW = int(datetime.fromisoformat("2026-11-29T12:00").timestamp()) * 10**9
HOUR = 3600 * 10**9
RUNNING = RunState(1, "127.0.1.1:8080", "ipv4:127.0.1.11:50052", [], "c.crt", "c.key", "ca.crt", "d", {})


def newest(match: int | None, every: int | None) -> Callable[[str], int | None]:
    return lambda text: match if text else every


def said(match: int | None, every: int | None, *, filter_text: str = "timeout", end: int = NOW) -> str:
    return next_step(Searched(filter_text, end - HOUR // 4, end, NOW), newest(match, every), "send the first")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (said(NOW - 5 * HOUR, NOW), "the newest is of 2026-11-29 07:00:00: --since 6h"),
        (said(NOW - 90 * 24 * HOUR, NOW), ": --since 2026-08-31"),
        (
            said(0, NOW - HOUR, filter_text=""),
            "no record from 2026-11-29 11:45:00 to 2026-11-29 12:00:00; the newest is of",
        ),
        (said(NOW - 2 * HOUR, NOW, end=NOW - 3 * HOUR), "--since 3h, without --until"),
        (said(NOW + HOUR, NOW), "--since '2026-11-29 13:00:00' --until '2026-11-29 13:00:01'"),
        (said(0, NOW - HOUR), "no record that matches at all, of records up to 2026-11-29 11:00:00"),
        (said(None, NOW), "look further back with --since 7d"),
        (said(0, None), "look further back with --since 7d"),
        (said(0, 0), "send the first"),
        (said(0, 0, filter_text=" "), "send the first"),
    ],
)
def test_an_empty_search_names_the_next_step(line: str, words: str) -> None:
    assert words in line
    assert "\n" not in line


def test_the_first_log_goes_to_what_runs_here() -> None:
    assert first_log(RUNNING, DEFAULT_DATA_DIR).endswith("echo hello | logmesh ship - --service hello")
    assert first_log(RUNNING, Path("/data")).endswith("--service hello --data-dir /data")
    assert first_log(RUNNING, Path("/my data")).endswith("--service hello --data-dir '/my data'")
    assert first_log(None, DEFAULT_DATA_DIR).endswith("--service hello --target PROCESSORS")


def test_all_ways_name_the_addresses_of_this_machine() -> None:
    text = "\n".join(ways(RUNNING, Path("/data")))
    assert "ipv4:127.0.1.11:50052 in mutual TLS with c.crt, c.key and ca.crt" in text
    assert "logmesh ship app.log --service checkout --follow --data-dir /data" in text
    assert "127.0" not in "\n".join(ways(None, DEFAULT_DATA_DIR))
