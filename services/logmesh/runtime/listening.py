"""Where servers listen: one word for every address of both IP versions, one for this machine alone, or an address."""

import socket
from ipaddress import ip_address
from typing import Final

ANYWHERE: Final = "::"
THIS_MACHINE: Final = "localhost"
_ANYWHERE_IPV4: Final = "0.0.0.0"  # noqa: S104
DESCRIPTION: Final = (
    "Address that every port is bound to: `localhost` for both of loopback, `::` for all of both IP versions."
)


def addresses(listen: str) -> tuple[str, ...]:
    """What to bind for `listen`, which is an address with or without brackets, or a name. `localhost` is both loopback addresses
    and `::` is IPv4's wildcard, too; on a machine without IPv6 either is IPv4's alone."""
    if listen == THIS_MACHINE:
        return ("127.0.0.1", "::1") if _can_bind("::1") else ("127.0.0.1",)
    address = listen.strip("[]")
    return (_ANYWHERE_IPV4,) if address == ANYWHERE and not _can_bind(address) else (address,)


def listening_socket(address: str, port: int, backlog: int) -> socket.socket:
    """A socket that listens at one of the `addresses`; asyncio's own would take IPv6's wildcard for IPv6 alone. Raises OSError."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.create_server((address, port), family=family, dualstack_ipv6=address == ANYWHERE, backlog=backlog)


def is_loopback(listen: str) -> bool:
    """Whether nobody can come from another machine."""
    try:
        return ip_address(listen.strip("[]")).is_loopback
    except ValueError:
        return listen == THIS_MACHINE


def joined(host: str, port: int) -> str:
    """``host:port``, with the brackets that an IPv6 address needs."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def split(address: str) -> tuple[str, int]:
    """Host and port of ``host:port`` or ``[address]:port``. Raises ValueError."""
    host, separator, port = address.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f"{address!r} must be host:port, with brackets around an IPv6 address")
    if not (separator and host and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(f"{address!r} must be host:port")
    return host, int(port)


def _can_bind(address: str) -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True
