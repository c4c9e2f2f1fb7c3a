"""Options of an edge that listens on free ports."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from logmesh.cli.local.certificates import WorkloadFiles, spiffe_id
from logmesh.cli.local.ports import free_port
from logmesh.edge.options import Address, EdgeOptions, MutualTls

MakeOptions = Callable[..., EdgeOptions]


@pytest.fixture(scope="session")
def options(certificates: dict[str, WorkloadFiles]) -> MakeOptions:
    """Makes options for a gateway at ``host:port``; keywords are other options."""

    def make(gateway: str, **changes: Any) -> EdgeOptions:
        host, port = gateway.split(":")
        mine = certificates["edge"]
        plain = EdgeOptions(
            gateway=Address(host, int(port)),
            gateway_tls=MutualTls(mine.cert, mine.key, mine.ca, spiffe_id("gateway"), "gateway"),
            api=Address("127.0.0.1", free_port()),
            dashboard=Address("127.0.0.1", free_port()),
            admin_socket=Path("admin.sock"),
            hosts=("localhost", "127.0.0.1"),
            reflection=True,
        )
        return replace(plain, **changes)

    return make
