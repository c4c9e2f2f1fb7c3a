"""The gateway that a command asks: as told, else what runs in the data folder, else on localhost; with its token and certificates."""

import contextlib
import os
import re
from collections.abc import Iterator
from ipaddress import IPv6Address
from pathlib import Path
from typing import Annotated, Final

import typer

from logmesh.cli.errors import USAGE, CommandError, from_client
from logmesh.cli.local.run_state import DEFAULT_DATA_DIR, read_run_state
from logmesh.client import Client, TlsFiles
from logmesh.client.channel import Tls
from logmesh.client.errors import LogmeshError

DEFAULT_GATEWAY: Final = "localhost:8080"

_PORTS: Final = {"": 8080, "http": 80, "https": 443}
"""The port that an address means which names none."""
_PORT: Final = re.compile(r":\d+$")
_RESOLVERS: Final = ("dns:", "unix:", "ipv4:", "ipv6:", "unix-abstract:")
_HTTP: Final = "http://"
_HTTPS: Final = "https://"

Gateway = Annotated[
    str | None,
    typer.Option(
        help="Address of the API; TLS for https://, plaintext for http://, else TLS where LOGMESH_TLS_CA names an authority.",
        envvar="LOGMESH_GATEWAY",
        show_default=f"what runs here, else {DEFAULT_GATEWAY}",
    ),
]
AskedDataDir = Annotated[
    Path, typer.Option("--data-dir", help="Data folder of the system to ask.", envvar="LOGMESH_DATA_DIR")
]

Token = Annotated[
    str,
    typer.Option(
        help="Access token; better in the variable, for lists of processes show options.",
        envvar="LOGMESH_TOKEN",
        show_default=False,
    ),
]


@contextlib.contextmanager
def gateway_client(gateway: str | None, data_dir: Path, token: str, timeout: float = 30.0) -> Iterator[Client]:
    """The client of the gateway that these options name; what it raises in the body becomes a CommandError."""
    address = find_gateway(gateway, data_dir)
    target, tls = address.removeprefix(_HTTP).removeprefix(_HTTPS), _tls(address)
    try:
        client = Client(target, tls=tls, token=token, timeout=timeout)
    except ValueError as error:
        raise CommandError(f"{error} (--token or LOGMESH_TOKEN)", USAGE) from error
    except OSError as error:
        raise CommandError(str(error)) from error
    try:
        with client:
            yield client
    except LogmeshError as error:
        raise from_client(error, address.removeprefix(_HTTP)) from error


def find_gateway(gateway: str | None, data_dir: Path) -> str:
    """`host:port` of the API, after `http://` or `https://` where it is known which: what runs here is asked in plaintext.

    Raises CommandError for what is no address, and when a data folder was chosen and nothing runs there.
    """
    if gateway:
        return _address(gateway.strip())
    folder, default = (path.expanduser().absolute() for path in (data_dir, DEFAULT_DATA_DIR))
    if running := read_run_state(folder):
        return f"{_HTTP}{running.gateway}"
    if folder != default:
        # An answer of the system on localhost would be taken for that of this one.
        raise CommandError(f"nothing runs in {folder}: start `logmesh up --data-dir {folder}`, or give --gateway")
    return DEFAULT_GATEWAY


def _address(gateway: str) -> str:
    """The address that a person gave: with a scheme as in a browser, or without a port, too."""
    if gateway.startswith(_RESOLVERS):
        return gateway
    scheme, sign, rest = gateway.partition("://")
    if not sign:
        scheme, rest = "", gateway
    host, _, path = rest.partition("/")
    if scheme not in _PORTS or bool(sign) != bool(scheme) or not host.rstrip(":"):
        raise CommandError(
            f"{gateway} is no address of a gateway: write host:port, http://host:port or https://host:port", USAGE
        )
    if path.strip("/"):
        raise CommandError(f"{gateway}: the API is at the root of its address: leave /{path} away", USAGE)
    return f"{scheme}{sign}{_with_port(host, _PORTS[scheme])}"


def _with_port(host: str, port: int) -> str:
    """A host that may have a port, or be an IPv6 address without its brackets."""
    try:
        return f"[{IPv6Address(host)}]:{port}"
    except ValueError:
        return host if _PORT.search(host) else f"{host.removesuffix(':')}:{port}"


def _tls(address: str) -> Tls:
    """Plaintext for `http://`, whatever else is set; TLS for `https://`, or with an authority in ``LOGMESH_TLS_CA``; mutual TLS with
    a certificate as well, in ``LOGMESH_TLS_CERT`` and ``_KEY``, as they are in the pod of a gateway that serves it. Raises
    CommandError."""
    if address.startswith(_HTTP):
        return None
    ca, cert, key = (os.environ.get(f"LOGMESH_TLS_{name}") for name in ("CA", "CERT", "KEY"))
    if not (ca or cert or key):
        return address.startswith(_HTTPS)
    if not ca or bool(cert) != bool(key):
        raise CommandError("LOGMESH_TLS_CERT and LOGMESH_TLS_KEY go together, and with LOGMESH_TLS_CA", USAGE)
    return TlsFiles(Path(cert), Path(key), Path(ca)) if cert and key else Path(ca)
