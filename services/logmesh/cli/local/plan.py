"""What `logmesh up` runs: which processes, at which addresses, with which environment. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from logmesh.cli.local.certificates import WorkloadFiles
from logmesh.cli.local.postgres import Role

GATEWAY_PORT = 50050
MESH_PORT = 50051
DIRECT_PORT = 50052
SERVER_METRICS_PORT = 9090
PRODUCER_METRICS_PORT = 8000
# Processors have addresses of their own and one port, as headless pods do: .11, .12, …
FIRST_PROCESSOR = 11
MAX_PROCESSORS = 40


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

    @property
    def host(self) -> str:
        """Address of what stands once: gateway and producers' metrics."""
        return f"{self.loopback}.1"

    @property
    def processor_hosts(self) -> list[str]:
        """Address of each processor."""
        return [f"{self.loopback}.{FIRST_PROCESSOR + index}" for index in range(self.processors)]

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address that certificates must cover."""
        return (self.host, *(f"{self.loopback}.{FIRST_PROCESSOR + index}" for index in range(MAX_PROCESSORS)))

    @property
    def gateway(self) -> str:
        """`host:port` of the API."""
        return f"{self.host}:{GATEWAY_PORT}"

    @property
    def target(self) -> str:
        """gRPC target that resolves to every processor."""
        return "ipv4:" + ",".join(f"{host}:{DIRECT_PORT}" for host in self.processor_hosts)


@dataclass(frozen=True, slots=True)
class Program:
    """One Python process of the system."""

    name: str
    module: str
    environment: dict[str, str]
    ports: tuple[tuple[str, int], ...]
    """What it listens on; the last one serves /metrics."""
    health: tuple[str, bool] | None
    """`host:port` of its gRPC health service and whether that speaks mutual TLS; None: it is up when /metrics is."""

    @property
    def metrics(self) -> str:
        """Address of its /metrics."""
        host, port = self.ports[-1]
        return f"http://{host}:{port}/metrics"


def plan_system(
    options: LocalOptions, certificates: Mapping[str, WorkloadFiles], dsns: Mapping[Role, str], redis_url: str
) -> list[list[Program]]:
    """Tiers in the order of their start, downstream first."""
    return [
        _processors(options, certificates["log-processor"], dsns, redis_url),
        [_gateway(options, certificates["gateway"], dsns, redis_url)],
        _producers(options, certificates["log-producer"]),
    ]


def _processors(options: LocalOptions, tls: WorkloadFiles, dsns: Mapping[Role, str], redis_url: str) -> list[Program]:
    """Each with an address and a buffer of its own."""
    return [
        Program(
            name=f"log-processor-{index}",
            module="logmesh.processor",
            environment={
                "LOGMESH_NAME": f"log-processor-{index}",
                "LOGMESH_LISTEN_ADDRESS": host,
                "LOGMESH_PORT": str(MESH_PORT),
                "LOGMESH_DIRECT_PORT": str(DIRECT_PORT),
                "LOGMESH_METRICS_PORT": str(SERVER_METRICS_PORT),
                "LOGMESH_BUFFER_DIR": str(options.data_dir / "processors" / f"log-processor-{index}"),
                "LOGMESH_DATABASE_DSN": dsns["logmesh_writer"],
                "LOGMESH_OWNER_DSN": dsns["logmesh_owner"],
                "LOGMESH_REDIS_URL": redis_url,
                **tls.environment(),
            },
            ports=((host, MESH_PORT), (host, DIRECT_PORT), (host, SERVER_METRICS_PORT)),
            health=(f"{host}:{DIRECT_PORT}", True),
        )
        for index, host in enumerate(options.processor_hosts)
    ]


def _gateway(options: LocalOptions, tls: WorkloadFiles, dsns: Mapping[Role, str], redis_url: str) -> Program:
    """Plaintext for people on loopback, mutual TLS towards the processors."""
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
            "LOGMESH_PROCESSORS": options.target,
            **tls.environment(),
        },
        ports=((options.host, GATEWAY_PORT), (options.host, SERVER_METRICS_PORT)),
        health=(options.gateway, False),
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
