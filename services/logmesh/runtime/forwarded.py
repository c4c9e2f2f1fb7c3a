"""What a mesh's sidecar says of its client: the header `x-forwarded-client-cert`, in the form that Envoy writes. Pure.

Elements are parted by commas, one for each proxy that a request came through; the nearest one wrote the last. An element's pairs, such
as By, Hash, Subject, URI and DNS, are parted by semicolons. A value with one of these in it stands in double quotes, where a
backslash goes before a quote.
"""

import re
from collections.abc import Mapping, Sequence
from ipaddress import IPv6Address, ip_address
from typing import Final
from urllib.parse import unquote

HEADER: Final = "x-forwarded-client-cert"
# From where Istio's sidecar connects to the program in its pod. A port-forward comes from 127.0.0.1, and anything of the network
# from elsewhere, so that a header of theirs is not believed.
SIDECAR: Final = frozenset(map(ip_address, ("127.0.0.6", "::6")))

_PAIR: Final = re.compile(r'(?P<key>[A-Za-z]+)=(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^",;]*))(?P<end>[,;]|$)')
_ESCAPED: Final = re.compile(r"\\(.)")


class Unreadable(ValueError):
    """The header is not of Envoy's form."""


def is_sidecar(peer: str) -> bool:
    """Whether gRPC's name of the other side, such as `ipv4:127.0.0.6:41000` or `ipv6:%5B::6%5D:41000`, is the pod's own sidecar."""
    kind, _, address = unquote(peer).partition(":")
    if kind not in ("ipv4", "ipv6"):
        return False
    return is_sidecar_host(address.rpartition(":")[0].removeprefix("[").removesuffix("]"))


def is_sidecar_host(host: str) -> bool:
    """The same of an IP address alone."""
    try:
        found = ip_address(host)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        return found.ipv4_mapped in SIDECAR
    return found in SIDECAR


def nearest_element(header: str) -> Mapping[str, Sequence[str]]:
    """Read the values that the nearest proxy wrote, by key in small letters. Raises Unreadable."""
    element: dict[str, list[str]] = {}
    at = 0
    while True:
        pair = _PAIR.match(header, at)
        if pair is None:
            raise Unreadable(f"{HEADER} is not of Envoy's form")
        quoted = pair["quoted"]
        value = pair["plain"] if quoted is None else _ESCAPED.sub(r"\1", quoted)
        element.setdefault(pair["key"].lower(), []).append(value)
        if pair["end"] == "":
            return element
        if pair["end"] == ",":
            element = {}
        at = pair.end()
