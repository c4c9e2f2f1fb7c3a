"""Options of an edge, for tests: the plain one and everything at once."""

from dataclasses import replace
from pathlib import Path

from logmesh.edge.options import Address, EdgeOptions, Jwt, MutualTls, ServerTls, Split

GATEWAY = "spiffe://logmesh.local/ns/log-system/sa/gateway"
PROCESSOR = "spiffe://logmesh.local/ns/log-system/sa/log-processor"
PRODUCER = "spiffe://logmesh.local/ns/log-system/sa/log-producer"

PLAIN = EdgeOptions(
    gateway=Address("127.0.0.1", 50050),
    api=Address("127.0.0.1", 8080),
    dashboard=Address("127.0.0.1", 3000),
    admin_socket=Path("admin.sock"),
)


def mutual(name: str, peer: str, folder: Path = Path()) -> MutualTls:
    """Files of one workload, which expects `peer`."""
    return MutualTls(folder / f"{name}.crt", folder / f"{name}.key", folder / "ca.crt", peer, name)


def everything(folder: Path = Path()) -> EdgeOptions:
    """Every option is given."""
    return replace(
        PLAIN,
        metrics=Address("127.0.0.1", 9091),
        gateway_tls=mutual("edge", GATEWAY, folder),
        tls=ServerTls(folder / "gateway.crt", folder / "gateway.key"),
        jwt=Jwt("https://issuer.test", "logmesh", str(folder / "jwks.json")),
        dashboard_folder=folder / "dashboard",
        hosts=("localhost", "127.0.0.1"),
        reflection=True,
        split=Split(
            listen=Address("127.0.0.1", 50051),
            downstream=mutual("log-processor", PRODUCER, folder),
            upstream=mutual("log-producer", PROCESSOR, folder),
            stable=(Address("127.0.0.11", 50052), Address("127.0.0.12", 50052)),
            canary=(Address("127.0.0.13", 50052),),
            canary_percent=10,
        ),
    )
