"""A filter may begin with a dash, and options are still options."""

from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from logmesh.cli.errors import USAGE
from logmesh.cli.filter_command import FilterCommand, filter_last
from logmesh.cli.search import search as search_command
from logmesh.cli.tail import tail as tail_command

VALUED = frozenset({"--since", "-n", "--limit", "-o"})


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("-retry", "-- -retry"),
        ("-service=a --since 1h", "--since 1h -- -service=a"),
        ("--since -5m -retry -n 5", "--since -5m -n 5 -- -retry"),
        ("-f -n5 -ojson timeout", "-f -n5 -ojson -- timeout"),
        ("-fn20 timeout", "-fn20 -- timeout"),
        ("-n 5 -o raw x", "-n 5 -o raw -- x"),
        ("-- -f", "-- -f"),
        ("-h", "-h"),
        ("--sinse 1h", "--sinse -- 1h"),
        ("timeout", "-- timeout"),
        ("-one", "-- -one"),
        ("--since", "--since"),
    ],
)
def test_what_is_no_option_is_the_filter(given: str, read: str) -> None:
    assert filter_last(given.split(), VALUED) == read.split()


def test_a_filter_of_several_words_is_one() -> None:
    assert filter_last(["-retry AND timeout"], VALUED) == ["--", "-retry AND timeout"]
    words = ["service", "=", "checkout", "--since", "1h", "-retry"]
    assert filter_last(words, VALUED) == ["--since", "1h", "--", "service = checkout -retry"]


def test_a_command_gets_filter_and_options() -> None:
    app = typer.Typer()

    @app.command(cls=FilterCommand)
    def search(
        text: Annotated[str, typer.Argument()] = "",
        since: str = "15m",
        limit: Annotated[int, typer.Option("--limit", "-n")] = 1,
    ) -> None:
        typer.echo(f"{text} {since} {limit}")

    assert CliRunner().invoke(app, ["-retry", "--since", "-5m", "-n7"]).output == "-retry -5m 7\n"
    assert "No such option: --sinse" in CliRunner().invoke(app, ["-retry", "--sinse", "1h"]).output


@pytest.mark.parametrize("arguments", [["search"], ["search", "--follow"], ["tail"]])
def test_a_filter_that_is_not_utf_8_is_one_line_and_no_traceback(arguments: list[str]) -> None:
    app = typer.Typer()
    app.command()(search_command)
    app.command()(tail_command)
    # What Python makes of the argument b"a\xff"; nobody listens there, and nobody is asked.
    ended = CliRunner().invoke(app, [*arguments, "--gateway", "127.0.0.1:9", "--", "a\udcff"])
    said = f"logmesh {arguments[0]}: the filter is not UTF-8 at character 2\n"
    assert (ended.exit_code, ended.stderr) == (USAGE, said)
