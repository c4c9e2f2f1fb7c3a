"""Whether every address that a system listens on is free, looked for before anything is made; and if not, which options would do."""

import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

from logmesh.cli.local.errors import WrongOption
from logmesh.cli.local.plan import LocalOptions, listening
from logmesh.cli.local.ports import is_free, require_free

# How many are tried: whoever has that many in use knows better than we do.
MAX_PORTS = 100
MAX_NETWORKS = 50

IsFree = Callable[[str, int], bool]


def require_room(options: LocalOptions) -> None:
    """Raise LocalError, with options that would do where there are any, when the system can't listen where it has to.

    Raises WrongOption when two parts of it would have one address.
    """
    who_at: dict[tuple[str, int], str] = {}
    for host, port, who in listening(options):
        if (other := who_at.setdefault((host, port), who)) != who:
            raise WrongOption(
                f"{who_at[host, port]} and {who} can't both listen on {host}:{port}: choose another port for {other}"
            )
    for host, port, who in listening(options):
        if not is_free(host, port):
            offer = options_with_room(options)
            advice = "stop what listens there" + (f", or run with {shlex.join(offer)}" if offer else "")
            require_free(host, port, who, advice)


def options_with_room(options: LocalOptions, free: IsFree = is_free) -> list[str]:
    """What to add to the command so that everything finds room; nothing where nothing was found.

    Other ports for the API and the dashboard where these alone are in the way, else another loopback network.
    """
    inside = [(host, port) for host, port, _ in listening(options)[2:]]
    networks = [options.loopback] if all(free(*address) for address in inside) else []
    for loopback in (*networks, *_others(options.loopback)):
        moved = replace(options, loopback=loopback)
        if not all(free(host, port) for host, port, _ in listening(moved)[2:]):
            continue
        taken = {port for host, port, _ in listening(moved)[2:] if host == moved.host}
        api = _port_from(moved.host, moved.api_port, taken, free)
        dashboard = api and _port_from(moved.host, moved.dashboard_port, taken | {api}, free)
        if not api or not dashboard:
            continue
        return [
            *(["--loopback", loopback] if loopback != options.loopback else []),
            *(["--port", str(api)] if api != options.api_port else []),
            *(["--dashboard-port", str(dashboard)] if dashboard != options.dashboard_port else []),
        ]
    return []


def _others(loopback: str) -> Iterator[str]:
    every = (f"127.0.{third}" for third in range(1, 255))
    return islice((network for network in every if network != loopback), MAX_NETWORKS)


def _port_from(host: str, first: int, taken: set[int], free: IsFree) -> int | None:
    """`first` or the next port after it that is free and not among `taken`."""
    ports = range(first, min(first + MAX_PORTS, 65_536))
    return next((port for port in ports if port not in taken and free(host, port)), None)
