"""`logmesh up`: the whole system on this machine, in the foreground, until Ctrl-C."""

import asyncio
import json
import os
import shlex
import shutil
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

# The runner starts children while its own gRPC threads run; none of them goes on with gRPC. Read at gRPC's first use.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"
# numpy's threads, one a core, for products of matrices, which nobody here asks for: a process that is forked must have none.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
# Nor one that gives memory back to the kernel: Arrow's allocator does that by itself as well.
os.environ["JE_ARROW_MALLOC_CONF"] = "background_thread:false"

from logmesh.cli.local.certificates import WorkloadFiles, ensure_certificates
from logmesh.cli.local.chosen_store import FILE as STORE
from logmesh.cli.local.chosen_store import choose_store, remember_store
from logmesh.cli.local.components import PythonProcess, Server
from logmesh.cli.local.edge import plan_edge
from logmesh.cli.local.envoy import Envoy, envoy_program
from logmesh.cli.local.output import Output
from logmesh.cli.local.plan import DOORS, EDGE_METRICS_PORT, Doors, LocalOptions, Program, StoreName, plan_system
from logmesh.cli.local.ports import is_free, port_near
from logmesh.cli.local.postgres import ROLES, Postgres, Role
from logmesh.cli.local.prefork import Preforked, prefork
from logmesh.cli.local.redis import Redis
from logmesh.cli.local.room import require_room
from logmesh.cli.local.run_state import RunState, only_instance, write_run_state
from logmesh.cli.local.supervisor import Supervisor
from logmesh.cli.local.welcome import welcome
from logmesh.runtime.secret_files import write_secret

# All that `up` keeps below the data folder; `--fresh` removes these and nothing else.
PARTS = ("postgres", "redis", "edge", "processors", "lake", "producers", "ship", "certificates", "dsn.json", STORE)


def up(options: LocalOptions, *, fresh: bool, store: StoreName | None = None) -> None:
    """Run until SIGINT, SIGTERM or SIGHUP, then drain and stop; with the `store` that is named, or the data folder's own. Raises
    LocalError when something can't start."""
    output = Output(sys.stdout)
    with only_instance(options.data_dir):
        # What is missing is said before anything is made, or removed.
        envoy_program()
        options = replace(
            options, store=choose_store(options.data_dir, store, fresh=fresh), doors=_free_doors(options.host)
        )
        require_room(options)
        if fresh:
            _remove_data(options.data_dir)
        remember_store(options.data_dir, options.store)
        asyncio.run(_run(options, prefork(options.programs, lake=options.keeps_lake), output))


def _free_doors(host: str) -> Doors:
    """The usual ones; where something else listens, such as another collector, any other one."""
    return Doors(*(port_near(port, host) for port in DOORS))


def called_as() -> str:
    """How a person calls `logmesh` from any folder of this machine."""
    program = Path(sys.argv[0]).absolute()
    if shutil.which("logmesh"):
        return "logmesh"
    return shlex.quote(str(program)) if program.name == "logmesh" else f"{shlex.quote(sys.executable)} -m logmesh.cli"


def built_dashboard() -> Path | None:
    """The dashboard's files: built in the clone that this package is run from, else those that its wheel carries."""
    package = Path(__file__).parents[1]
    folders = (package.parent / "dashboard" / "dist", package / "dashboard")
    return next((folder for folder in folders if (folder / "index.html").is_file()), None)


async def _run(options: LocalOptions, preforked: list[Preforked], output: Output) -> None:
    stop, hurry = _stop_signals(output)
    supervisor = Supervisor(lambda sentence: output.say(sentence, style="yellow"))
    postgres, redis = Postgres(options.data_dir / "postgres"), Redis(options.data_dir / "redis")
    try:
        starting = asyncio.create_task(_start(options, preforked, supervisor, postgres, redis, output))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
        else:
            starting.result()
            await stopping
    finally:
        await supervisor.stop(hurry)
        postgres.stop()
        redis.stop()
    output.say("stopped; the next `logmesh up` finds the data again")


async def _start(
    options: LocalOptions,
    preforked: list[Preforked],
    supervisor: Supervisor,
    postgres: Postgres,
    redis: Redis,
    output: Output,
) -> None:
    certificates = ensure_certificates(options.data_dir / "certificates", options.addresses)
    if not (options.data_dir / "postgres/data").exists():
        output.say("making the database")
    await asyncio.to_thread(postgres.prepare)
    edge = Envoy(options.data_dir / "edge", plan_edge(options, certificates, _also(options)))
    await supervisor.start([Server("postgres", postgres), Server("redis", redis)])
    dsns: dict[Role, str] = {role: postgres.dsn(role, over_socket=True) for role in ROLES}
    write_secret(options.data_dir / "dsn.json", json.dumps(dsns, indent=2).encode())
    tiers = plan_system(options, certificates, dsns, redis.url)
    programs = [program for tier in tiers for program in tier]
    *servers, producers = [
        [PythonProcess(program, certificates["operator"], output.child, preforked.pop()) for program in tier]
        for tier in tiers
    ]
    for tier in servers:
        await supervisor.start(tier)
    await supervisor.start([Server("edge", edge)])
    await supervisor.start(producers)
    state = _state(options, certificates["log-producer"], programs)
    write_run_state(options.data_dir, state)
    _welcome(options, state, postgres, output)


def _also(options: LocalOptions) -> tuple[str, ...]:
    """IPv6's loopback, which `localhost` is, too: for the first system of a machine that has it, where nobody else is there."""
    ports = (options.api_port, options.dashboard_port, EDGE_METRICS_PORT)
    return ("::1",) if options.host == "127.0.0.1" and all(is_free("::1", port) for port in ports) else ()


def _state(options: LocalOptions, producer: WorkloadFiles, programs: Sequence[Program]) -> RunState:
    return RunState(
        pid=os.getpid(),
        gateway=options.api,
        target=options.target,
        processors=options.processor_addresses,
        tls_cert=str(producer.cert),
        tls_key=str(producer.key),
        tls_ca=str(producer.ca),
        dsn_file=str(options.data_dir / "dsn.json"),
        metrics={program.name: program.metrics for program in programs}
        | {"edge": f"http://{options.host}:{EDGE_METRICS_PORT}/metrics"},
    )


def _welcome(options: LocalOptions, state: RunState, postgres: Postgres, output: Output) -> None:
    command = "logmesh" if shutil.which("logmesh") else os.path.relpath(sys.argv[0])
    database = f"127.0.0.1:{postgres.port}, database logmesh  (passwords: {postgres.directory}/passwords.json)"
    for line in welcome(options, state, database, command):
        output.plain(line)


def _stop_signals(output: Output) -> tuple[asyncio.Event, asyncio.Event]:
    stop, hurry = asyncio.Event(), asyncio.Event()

    def asked() -> None:
        if stop.is_set():
            hurry.set()
            output.say("killing what is left")
        else:
            stop.set()
            output.say("stopping: receiver, producers, edge, gateway, processors, then Redis and PostgreSQL")

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, asked)
    return stop, hurry


def _remove_data(data_dir: Path) -> None:
    for part in PARTS:
        path = data_dir / part
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
