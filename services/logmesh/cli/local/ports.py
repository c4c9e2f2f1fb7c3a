"""Addresses and ports on loopback: which may be used, free ones, and clear words about those that can't be had."""

import errno
import ipaddress
import os
import socket
from itertools import count
from random import SystemRandom
from typing import Final

from logmesh.cli.local.errors import LocalError, WrongOption

_NEVER_OUTGOING: Final = range(20_000, 32_768)
"""Ports below those that Linux and macOS, as they come, give to connections."""
_PROCESSES: Final = 64
_EACH: Final = len(_NEVER_OUTGOING) // _PROCESSES
_turns = count(SystemRandom().randrange(_EACH))


def check_loopback(text: str) -> str:
    """`text` when it is the first three numbers of loopback addresses, such as 127.0.1. Raises WrongOption."""
    try:
        loopback = ipaddress.IPv4Address(f"{text}.1").is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise WrongOption(f"--loopback {text}: must be the first three numbers of a loopback network, such as 127.0.1")
    return text


def free_port(address: str = "127.0.0.1") -> int:
    """A port that nothing listened on a moment ago, and that nobody takes before a server does: no outgoing connection, nor a process
    that asks at the same time, for each has ports of its own, which it gives out in turn."""
    mine = _NEVER_OUTGOING[os.getpid() % _PROCESSES * _EACH :][:_EACH]
    for _ in mine:
        port = mine[next(_turns) % _EACH]
        if is_free(address, port):
            return port
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def is_free(address: str, port: int) -> bool:
    """Whether a server could listen there now."""
    return _why_not(address, port) is None


def require_free(address: str, port: int, purpose: str, advice: str = "stop what listens there and try again") -> None:
    """Raise LocalError when no server can listen there; `advice` is what to do when another one does."""
    error = _why_not(address, port)
    if error is None:
        return
    if error.errno == errno.EADDRINUSE:
        raise LocalError(f"{address}:{port} is in use, and {purpose} needs it: {advice}")
    if error.errno == errno.EADDRNOTAVAIL:
        raise LocalError(f"{address} is not an address of this machine, and {purpose} needs it")
    raise LocalError(f"{purpose} can't listen on {address}:{port}: {error.strerror}")


def port_near(preferred: int, address: str = "127.0.0.1") -> int:
    """`preferred` when it is free, else any free port."""
    return preferred if is_free(address, preferred) else free_port(address)


def _why_not(address: str, port: int) -> OSError | None:
    try:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
            # As servers do: connections that linger in TIME_WAIT don't occupy a port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except OSError as error:
        return error
    return None
