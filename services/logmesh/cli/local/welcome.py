"""What `logmesh up` says once everything is ready: where it is, and what to try. Pure."""

from collections.abc import Iterator

from rich.text import Text

from logmesh.cli.local.plan import LocalOptions
from logmesh.cli.local.run_state import RunState


def welcome(options: LocalOptions, state: RunState, database: str, command: str) -> Iterator[Text]:
    """Yield its lines. `database` says where PostgreSQL is, `command` is how `logmesh` is called here."""
    yield Text()
    yield Text("Logmesh is up", style="bold green")
    for name, value in _places(options, state, database):
        yield Text.assemble("  ", (f"{name:<12}", "bold"), value)
    if options.canary_percent:
        yield Text(f"  {options.canary_percent} % of producers' new streams go to the canary, through {options.target}")
    yield Text()
    yield from _doors(options)
    yield Text()
    for words in ("search 'severity >= WARNING' --since 15m", "tail 'severity >= WARNING'", "ship app.log --service checkout",
                  "status"):  # fmt: skip
        yield Text(f"  {command} {words}{options.elsewhere}")
    yield Text()
    yield Text("Ctrl-C drains and stops; a second one kills.")
    yield Text()


def _doors(options: LocalOptions) -> Iterator[Text]:
    """What others send with, as lines to paste."""
    host = "localhost" if options.host == "127.0.0.1" else options.host
    doors = options.doors
    yield Text("  Send what you have:", style="bold")
    yield Text(
        f"  export OTEL_EXPORTER_OTLP_ENDPOINT=http://{host}:{doors.otlp}   # OpenTelemetry, by gRPC; by HTTP :{doors.http}"
    )
    yield Text(f"  curl --data-binary @app.log 'http://{host}:{doors.http}/lines?service=checkout'")
    yield Text(
        f"  http://{host}:{doors.http}/loki/api/v1/push   http://{host}:{doors.http}   # Loki's push; Elasticsearch's bulk"
    )
    yield Text(f"  logger --server {host} --port {doors.syslog} --tcp 'hello'")


def _places(options: LocalOptions, state: RunState, database: str) -> Iterator[tuple[str, str]]:
    host = "localhost" if options.host == "127.0.0.1" else options.host
    yield (
        "API",
        (
            f"http://{host}:{options.api_port}  (gRPC with reflection, gRPC-web, JSON; open to this machine alone:"
            " no TLS, no tokens)"
        ),
    )
    no_dashboard = "" if options.dashboard_folder else "  (not built: run `make up` in a clone, with Node 20 or newer)"
    yield "dashboard", f"http://{host}:{options.dashboard_port}{no_dashboard}"
    yield "processors", f"{'  '.join(state.processors)}  (mutual TLS)"
    yield "PostgreSQL", database
    width = max(map(len, state.metrics), default=0)
    for index, (name, url) in enumerate(state.metrics.items()):
        yield "" if index else "metrics", f"{name:<{width}}  {url}"
    yield "data", str(options.data_dir)
