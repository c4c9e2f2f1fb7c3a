"""``python -m logmesh.gateway``: a gateway, configured by the environment; SIGTERM and SIGINT drain it."""

import sys

from logmesh.gateway.process import run_gateway
from logmesh.gateway.settings import GatewaySettings
from logmesh.runtime.lifecycle import run

if __name__ == "__main__":
    sys.exit(run("gateway", GatewaySettings, run_gateway))
