"""Every address behind a gRPC target, for when each server must be asked and not one of them."""

import asyncio
import socket

DEFAULT_PORT = 50052


class DiscoveryError(Exception):
    """The target is malformed or its name can't be resolved; the message names it."""


async def resolve_target(target: str) -> list[str]:
    """Return ``address:port`` of every server behind `target`, sorted, each once.

    Takes ``dns:///name:port``, ``dns:name:port``, ``ipv4:a:1,b:2``, ``ipv6:[a]:1``, and ``name:port`` or addresses
    separated by commas. Raises DiscoveryError when nothing is found.
    """
    scheme, names = _split(target)
    addresses: set[str] = set()
    for name in filter(None, (part.strip() for part in names.split(","))):
        host, port = split_host_port(name)
        if scheme in ("ipv4", "ipv6"):
            addresses.add(_join(host, port))
        else:
            addresses |= await _look_up(host, port)
    if not addresses:
        raise DiscoveryError(f"the target {target!r} names no server")
    return sorted(addresses)


def _split(target: str) -> tuple[str, str]:
    for scheme in ("dns", "ipv4", "ipv6"):
        if target.startswith(f"{scheme}:"):
            rest = target.removeprefix(f"{scheme}:")
            # dns://authority/name: which server to ask is the resolver's business here.
            return scheme, rest[2:].partition("/")[2] if rest.startswith("//") else rest
    return "dns", target


def split_host_port(name: str) -> tuple[str, int]:
    """``host:port``, ``[v6]:port`` or a bare host with the processors' default port. Raises DiscoveryError."""
    if name.startswith("["):
        host, _, rest = name[1:].partition("]")
        port = rest.removeprefix(":")
    elif name.count(":") > 1:
        host, port = name, ""
    else:
        host, _, port = name.partition(":")
    if not host or (port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536)):
        raise DiscoveryError(f"{name!r} is not host:port")
    return host, int(port) if port else DEFAULT_PORT


async def _look_up(host: str, port: int) -> set[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise DiscoveryError(f"the name {host!r} can't be resolved: {error.strerror}") from error
    return {_join(str(address[0]), port) for *_, address in found}


def _join(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
