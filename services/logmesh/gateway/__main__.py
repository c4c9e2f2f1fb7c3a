"""``python -m logmesh.gateway``: a gateway, configured by the environment; SIGTERM and SIGINT drain it."""

import sys

from logmesh.gateway.process import run_gateway
from logmesh.gateway.settings import GatewaySettings
from logmesh.runtime.lifecycle import run


def main() -> int:
    """Run until a signal; return the exit status."""
    return run("gateway", GatewaySettings, run_gateway)


if __name__ == "__main__":
    sys.exit(main())
