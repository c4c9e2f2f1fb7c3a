"""Ports on loopback: free ones, and clear words about those in use."""

import socket

from logmesh.cli.local.errors import LocalError


def free_port(address: str = "127.0.0.1") -> int:
    """A port that nothing listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(address: str, port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        # As servers do: connections that linger in TIME_WAIT don't occupy a port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def require_free(address: str, port: int, purpose: str) -> None:
    """Raise LocalError when something else listens there."""
    if not is_free(address, port):
        raise LocalError(f"{address}:{port} is in use, and {purpose} needs it: stop what listens there and try again")


def port_near(preferred: int, address: str = "127.0.0.1") -> int:
    """`preferred` when it is free, else any free port."""
    return preferred if is_free(address, preferred) else free_port(address)
