"""The `logmesh` command. What needs an extra is imported when it runs, so that `--help` is quick on any install."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from logmesh import __version__
from logmesh.cli.acknowledge import acknowledge
from logmesh.cli.filter_command import FilterCommand
from logmesh.cli.local.errors import LocalError
from logmesh.cli.local.ports import check_loopback
from logmesh.cli.local.run_state import DEFAULT_DATA_DIR
from logmesh.cli.search import search
from logmesh.cli.status import status
from logmesh.cli.tail import tail
from logmesh.cli.tokens import app as tokens
from logmesh.cli.trace import trace

app = typer.Typer(
    name="logmesh",
    help="Log aggregation on gRPC: ship lines, keep each exactly once, search them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

DataDir = Annotated[Path, typer.Option(help="Folder of everything that is kept.", envvar="LOGMESH_DATA_DIR")]


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"logmesh {__version__}")
        raise typer.Exit


@app.callback()
def logmesh(
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    """Log aggregation on gRPC: ship lines, keep each exactly once, search them."""


@app.command()
def up(
    data_dir: DataDir = DEFAULT_DATA_DIR,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget all data of earlier runs.")] = False,
    store: Annotated[
        Literal["rows", "lake"] | None,
        typer.Option(
            help="Where records are kept: as rows of PostgreSQL, or in a lake of files.",
            show_default="the data folder's; of a new one, rows",
        ),
    ] = None,
    producers: Annotated[int, typer.Option(min=0, max=40, help="Producers that generate a shop's logs.")] = 1,
    processors: Annotated[int, typer.Option(min=1, max=40, help="Processors.")] = 2,
    rate: Annotated[float, typer.Option(min=0, help="Records a second of each producer; 0: all it can.")] = 200,
    loopback: Annotated[
        str, typer.Option(help="Loopback network, 127.x.y; another lets a second system run beside the first.")
    ] = "127.0.0",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port of the API.")] = 8080,
    dashboard_port: Annotated[int, typer.Option(min=1, max=65_535, help="Port of the dashboard.")] = 3000,
    canary: Annotated[
        int,
        typer.Option(min=0, max=99, help="Percentage of new streams that a canary processor gets; 0: there is none."),
    ] = 0,
) -> None:
    """Run the whole system on this machine, until Ctrl-C drains and stops it.

    PostgreSQL, Redis, processors, gateway, edge and generating producers start in that order, and all of them reach
    each other in mutual TLS. The API and the dashboard are open to this machine alone. A later start finds the data again.
    """
    try:
        from logmesh.cli.local.plan import LocalOptions
        from logmesh.cli.up import built_dashboard, called_as
        from logmesh.cli.up import up as run
    except ModuleNotFoundError as error:
        raise LocalError(f"running servers needs {error.name}: pip install 'logmesh[local]'") from error

    check_loopback(loopback)
    folder = data_dir.expanduser().absolute()
    dashboard = built_dashboard()
    options = LocalOptions(
        folder, producers, processors, rate, loopback, canary, dashboard, port, dashboard_port, called_as()
    )
    run(options, fresh=fresh, store=store)


@app.command()
def ship(
    files: Annotated[
        list[str] | None, typer.Argument(help="Files or globs; - is standard input.", show_default=False)
    ] = None,
    service: Annotated[str, typer.Option("--service", "-s", help="Name of the service that wrote the lines.")] = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with lines that are appended later.")] = False,
    join: Annotated[
        bool,
        typer.Option(
            "--join/--no-join", help="Make stack traces, and other lines that continue a record, one with it."
        ),
    ] = True,
    timezone: Annotated[
        str,
        typer.Option(
            help="Zone of times that name none, such as Europe/Berlin or UTC.",
            show_default="this machine's; of container logs, UTC",
        ),
    ] = "",
    docker: Annotated[
        bool,
        typer.Option("--docker", help="Send the logs of all containers of this machine's Docker instead of files."),
    ] = False,
    docker_root: Annotated[Path, typer.Option(help="Folder that Docker keeps its data in.")] = Path("/var/lib/docker"),
    target: Annotated[
        str | None, typer.Option(help="gRPC target of the processors.", show_default="what runs here")
    ] = None,
    spool: Annotated[
        Path | None, typer.Option(help="Folder that remembers what was sent.", show_default="one for these files")
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(help="File of rules: what to drop, sample, rename, redact, limit.", envvar="LOGMESH_RULES"),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Send nothing; show what the rules would do, with examples.")
    ] = False,
    output: Annotated[
        Literal["text", "json"], typer.Option("--output", "-o", help="How --dry-run writes it.")
    ] = "text",
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Send lines, and return when they are all in the database.

    The same command again sends only what is new since, and what an interrupted one left.

    Examples:  logmesh ship app.log --service checkout  ·  kubectl logs --timestamps my-pod | logmesh ship - --service api
    """
    try:
        from logmesh.cli.dry_run import DryRunOutput
        from logmesh.cli.ship import ShipOptions
        from logmesh.cli.ship import dry_run as run_dry
        from logmesh.cli.ship import ship as run
    except ModuleNotFoundError as error:
        raise LocalError(f"shipping needs {error.name}: pip install 'logmesh[server]'") from error

    if not files and not docker:
        raise LocalError("say what to ship: files, - for standard input, or --docker")
    options = ShipOptions(
        files or [],
        service,
        data_dir.expanduser().absolute(),
        target,
        spool,
        follow,
        join,
        timezone,
        docker_root if docker else None,
        rules,
    )
    raise typer.Exit(run_dry(options, DryRunOutput(output)) if dry_run else run(options))


app.command(cls=FilterCommand)(search)
app.command(cls=FilterCommand)(tail)
app.command()(trace)
app.command()(status)
app.command()(acknowledge)
app.add_typer(tokens, name="token")


def main() -> None:
    """Run the command; what a person can do something about is one line on standard error and exit code 1, or 2 for a wrong option."""
    try:
        app()
    except LocalError as error:
        typer.secho(f"logmesh: {error}", fg="red", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
