"""What `logmesh up` runs: which processes, at which addresses, with which environment. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeAlias

from logmesh.cli.local.certificates import WorkloadFiles, spiffe_id
from logmesh.cli.local.postgres import Role
from logmesh.cli.local.run_state import elsewhere

API_PORT = 8080
DASHBOARD_PORT = 3000
GATEWAY_PORT = 50050
MESH_PORT = 50051
DIRECT_PORT = 50052
SERVER_METRICS_PORT = 9090
EDGE_METRICS_PORT = 9091
KEEPER_METRICS_PORT = 9092
RECEIVER_METRICS_PORT = 9093
PRODUCER_METRICS_PORT = 8000
# Processors have addresses of their own and one port, as headless pods do: .11, .12, …
FIRST_PROCESSOR = 11
MAX_PROCESSORS = 40
StoreName: TypeAlias = Literal["rows", "lake"]


class Doors(NamedTuple):
    """Ports at which the receiver takes what others send."""

    otlp: int = 4317
    http: int = 4318
    syslog: int = 5514


DOORS: Final = Doors()
"""Those that senders try by themselves."""


@dataclass(frozen=True, slots=True)
class LocalOptions:
    """What a person may choose."""

    data_dir: Path
    producers: int = 1
    processors: int = 2
    rate: float = 200.0
    """Records a second of each generating producer; 0 is as fast as it goes."""
    loopback: str = "127.0.0"
    """First three numbers of the loopback addresses; another lets a second system run beside the first."""
    canary_percent: int = 0
    """Share of producers' new streams that goes to a canary processor; 0: there is none."""
    dashboard_folder: Path | None = None
    """The built dashboard; None: there is none."""
    api_port: int = API_PORT
    dashboard_port: int = DASHBOARD_PORT
    command: str = "logmesh"
    """How `logmesh` is called on this machine."""
    store: StoreName = "rows"
    """Where records are kept."""
    doors: Doors = DOORS

    @property
    def elsewhere(self) -> str:
        """The option that leads to this data folder, after a space; empty for the folder where everyone looks."""
        return elsewhere(self.data_dir)

    @property
    def host(self) -> str:
        """Address of what stands once: gateway and producers' metrics."""
        return f"{self.loopback}.1"

    @property
    def processor_hosts(self) -> list[str]:
        """Address of each processor."""
        return [f"{self.loopback}.{FIRST_PROCESSOR + index}" for index in range(self.processors)]

    @property
    def canary_hosts(self) -> list[str]:
        """Address of the canary processor, after those of the stable ones."""
        return [f"{self.loopback}.{FIRST_PROCESSOR + self.processors}"] if self.canary_percent else []

    @property
    def programs(self) -> int:
        """How many Python processes it is, this one aside."""
        return len(self.processor_hosts) + len(self.canary_hosts) + 1 + self.keeps_lake + 1 + self.producers

    @property
    def keeps_lake(self) -> bool:
        """Whether there is a lake, and with it a keeper."""
        return self.store == "lake"

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address that certificates must cover."""
        return (self.host, *(f"{self.loopback}.{FIRST_PROCESSOR + index}" for index in range(MAX_PROCESSORS + 1)))

    @property
    def api(self) -> str:
        """`host:port` of the API, as the edge serves it."""
        return f"{self.host}:{self.api_port}"

    @property
    def gateway(self) -> str:
        """`host:port` of the gateway, in mutual TLS for the edge."""
        return f"{self.host}:{GATEWAY_PORT}"

    @property
    def processor_addresses(self) -> list[str]:
        """`host:port` of each processor's direct port."""
        return [f"{host}:{DIRECT_PORT}" for host in (*self.processor_hosts, *self.canary_hosts)]

    @property
    def every_processor(self) -> str:
        """gRPC target that resolves to every processor."""
        return "ipv4:" + ",".join(self.processor_addresses)

    @property
    def target(self) -> str:
        """gRPC target of producers: every processor, or the edge that splits their streams."""
        return f"ipv4:{self.host}:{MESH_PORT}" if self.canary_percent else self.every_processor


@dataclass(frozen=True, slots=True)
class Program:
    """One Python process of the system."""

    name: str
    module: str
    environment: dict[str, str]
    ports: tuple[tuple[str, int], ...]
    """What it listens on; the last one serves /metrics."""
    health: tuple[str, str] | None
    """`host:port` of its gRPC health service and the name in its certificate; None: it is up when all its ports are."""

    @property
    def metrics(self) -> str:
        """Address of its /metrics."""
        host, port = self.ports[-1]
        return f"http://{host}:{port}/metrics"


class Listening(NamedTuple):
    """An address that must be free, and who listens there."""

    host: str
    port: int
    who: str


def listening(options: LocalOptions) -> list[Listening]:
    """Everything that the system listens on, PostgreSQL apart, which takes any port."""
    stable = [(f"log-processor-{index}", host) for index, host in enumerate(options.processor_hosts)]
    canary = [(f"log-processor-canary-{index}", host) for index, host in enumerate(options.canary_hosts)]
    return [
        Listening(options.host, options.api_port, "the API"),
        Listening(options.host, options.dashboard_port, "the dashboard"),
        *(
            Listening(host, port, name)
            for name, host in (*stable, *canary)
            for port in (MESH_PORT, DIRECT_PORT, SERVER_METRICS_PORT)
        ),
        Listening(options.host, GATEWAY_PORT, "the gateway"),
        Listening(options.host, SERVER_METRICS_PORT, "the gateway's metrics"),
        Listening(options.host, EDGE_METRICS_PORT, "the edge's metrics"),
        *([Listening(options.host, MESH_PORT, "the edge")] if options.canary_percent else []),
        *(
            Listening(options.host, PRODUCER_METRICS_PORT + index, f"log-producer-{index}")
            for index in range(options.producers)
        ),
        *([Listening(options.host, KEEPER_METRICS_PORT, "log-keeper")] if options.keeps_lake else []),
        *(Listening(options.host, port, "log-receiver") for port in (*options.doors, RECEIVER_METRICS_PORT)),
    ]


def plan_system(
    options: LocalOptions, certificates: Mapping[str, WorkloadFiles], dsns: Mapping[Role, str], redis_url: str
) -> list[list[Program]]:
    """Tiers in the order of their start, downstream first."""
    return [
        _processors(options, certificates["log-processor"], dsns, redis_url),
        [
            _gateway(options, certificates["gateway"], dsns, redis_url),
            *([_keeper(options, dsns)] if options.keeps_lake else []),
        ],
        [_receiver(options, certificates["log-receiver"]), *_producers(options, certificates["log-producer"])],
    ]


def _processors(options: LocalOptions, tls: WorkloadFiles, dsns: Mapping[Role, str], redis_url: str) -> list[Program]:
    """Each with an address and a buffer of its own."""
    stable = [(f"log-processor-{index}", host, "stable") for index, host in enumerate(options.processor_hosts)]
    canary = [(f"log-processor-canary-{index}", host, "canary") for index, host in enumerate(options.canary_hosts)]
    return [
        Program(
            name=name,
            module="logmesh.processor",
            environment={
                "LOGMESH_NAME": name,
                "LOGMESH_TRACK": track,
                "LOGMESH_LISTEN_ADDRESS": host,
                "LOGMESH_PORT": str(MESH_PORT),
                "LOGMESH_DIRECT_PORT": str(DIRECT_PORT),
                "LOGMESH_METRICS_PORT": str(SERVER_METRICS_PORT),
                "LOGMESH_BUFFER_DIR": str(options.data_dir / "processors" / name),
                # Up to three segments each, of which a laptop has little use for 32 MiB.
                "LOGMESH_WAL_SEGMENT_BYTES": str(8 << 20),
                "LOGMESH_WAL_BALLAST_BYTES": str(4 << 20),
                "LOGMESH_DATABASE_DSN": dsns["logmesh_writer"],
                "LOGMESH_OWNER_DSN": dsns["logmesh_owner"],
                "LOGMESH_REDIS_URL": redis_url,
                "LOGMESH_CALLERS": spiffe_id("gateway"),
                "LOGMESH_RECEIVERS": spiffe_id("log-receiver"),
                **_store(options),
                **tls.environment(),
            },
            ports=((host, MESH_PORT), (host, DIRECT_PORT), (host, SERVER_METRICS_PORT)),
            health=(f"{host}:{DIRECT_PORT}", "log-processor"),
        )
        for name, host, track in (*stable, *canary)
    ]


def _gateway(options: LocalOptions, tls: WorkloadFiles, dsns: Mapping[Role, str], redis_url: str) -> Program:
    """Mutual TLS on both sides: the edge and the operator may ask it, and it may ask the processors."""
    return Program(
        name="gateway",
        module="logmesh.gateway",
        environment={
            "LOGMESH_NAME": "gateway",
            "LOGMESH_LISTEN_ADDRESS": options.host,
            "LOGMESH_PORT": str(GATEWAY_PORT),
            "LOGMESH_METRICS_PORT": str(SERVER_METRICS_PORT),
            "LOGMESH_DATABASE_DSN": dsns["logmesh_reader"],
            "LOGMESH_REDIS_URL": redis_url,
            "LOGMESH_PROCESSORS": options.every_processor,
            "LOGMESH_SHIP_COMMAND": f"{options.command} ship{options.elsewhere}",
            "LOGMESH_SHIP_CERTIFICATES": str(options.data_dir / "certificates"),
            "LOGMESH_SERVE_TLS": "true",
            "LOGMESH_CALLERS": f"{spiffe_id('edge')},{spiffe_id('operator')}",
            **_store(options),
            **tls.environment(),
        },
        ports=((options.host, GATEWAY_PORT), (options.host, SERVER_METRICS_PORT)),
        health=(options.gateway, "gateway"),
    )


def _keeper(options: LocalOptions, dsns: Mapping[Role, str]) -> Program:
    """It listens for nobody but who reads its metrics."""
    return Program(
        name="log-keeper",
        module="logmesh.keeper",
        environment={
            "LOGMESH_NAME": "log-keeper",
            "LOGMESH_LISTEN_ADDRESS": options.host,
            "LOGMESH_METRICS_PORT": str(KEEPER_METRICS_PORT),
            "LOGMESH_OWNER_DSN": dsns["logmesh_owner"],
            "LOGMESH_LAKE_DIR": str(options.data_dir / "lake"),
        },
        ports=((options.host, KEEPER_METRICS_PORT),),
        health=None,
    )


def _store(options: LocalOptions) -> dict[str, str]:
    """What processors and gateway are told of where records are."""
    return {"LOGMESH_STORE": options.store, "LOGMESH_LAKE_DIR": str(options.data_dir / "lake")}


def _receiver(options: LocalOptions, tls: WorkloadFiles) -> Program:
    """It takes what anybody on this machine sends."""
    otlp, http, syslog = options.doors
    return Program(
        name="log-receiver",
        module="logmesh.producer",
        environment={
            "LOGMESH_NAME": "log-receiver",
            "LOGMESH_LISTEN_ADDRESS": options.host,
            "LOGMESH_METRICS_PORT": str(RECEIVER_METRICS_PORT),
            "LOGMESH_TARGET": options.target,
            "LOGMESH_SPOOL_DIR": str(options.data_dir / "producers" / "log-receiver"),
            "LOGMESH_SOURCE": "receive",
            "LOGMESH_OTLP_PORT": str(otlp),
            "LOGMESH_HTTP_PORT": str(http),
            "LOGMESH_SYSLOG_PORT": str(syslog),
            **tls.environment(),
        },
        ports=tuple((options.host, port) for port in (otlp, http, syslog, RECEIVER_METRICS_PORT)),
        health=None,
    )


def _producers(options: LocalOptions, tls: WorkloadFiles) -> list[Program]:
    """Generating, each with a spool of its own."""
    return [
        Program(
            name=f"log-producer-{index}",
            module="logmesh.producer",
            environment={
                "LOGMESH_NAME": f"log-producer-{index}",
                "LOGMESH_LISTEN_ADDRESS": options.host,
                "LOGMESH_METRICS_PORT": str(PRODUCER_METRICS_PORT + index),
                "LOGMESH_TARGET": options.target,
                "LOGMESH_SPOOL_DIR": str(options.data_dir / "producers" / f"log-producer-{index}"),
                "LOGMESH_SOURCE": "generate",
                "LOGMESH_RATE": f"{options.rate:g}",
                **tls.environment(),
            },
            ports=((options.host, PRODUCER_METRICS_PORT + index),),
            health=None,
        )
        for index in range(options.producers)
    ]
