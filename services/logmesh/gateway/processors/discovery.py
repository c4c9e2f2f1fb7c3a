"""Every address behind a gRPC target, for when each server must be asked and not one of them."""

import asyncio
from collections.abc import Iterable
from socket import AF_INET, AF_INET6, SOCK_STREAM

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


def target_of(address: str) -> str:
    """The gRPC target of one of `resolve_target`'s addresses."""
    return f"{'ipv6' if address.startswith('[') else 'ipv4'}:{address}"


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
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=SOCK_STREAM)
    except OSError as error:
        raise DiscoveryError(f"the name {host!r} can't be resolved: {error.strerror}") from error
    return {
        _join(address, port)
        for address in of_one_version([(version, str(address[0])) for version, *_, address in found])
    }


def of_one_version(found: Iterable[tuple[int, str]]) -> set[str]:
    """Addresses, with the family of each, of the IP version that has more of them, IPv4 where it is as many. Each server of a
    dual-stack name has one of both, and none must be asked twice."""
    by_version: dict[int, set[str]] = {AF_INET: set(), AF_INET6: set()}
    for version, address in found:
        by_version[version].add(address)
    return max(by_version.values(), key=len)


def _join(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
