"""Who a sender is by the certificate that it shows here, or to the sidecar before this process."""

from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from logmesh.runtime.forwarded import HEADER, is_sidecar_host
from logmesh.runtime.identity import ANONYMOUS, IdentityError, Mesh, forwarded_principal, one_spiffe_id, principal_of

NAMELESS: Final = "a certificate without a SPIFFE ID"
"""The identity of who shows one that names no workload, or several."""


def identity_of_connection(transport: Any) -> str:
    """The SPIFFE ID of the certificate that is shown on a connection of asyncio, NAMELESS for any other certificate, empty for none."""
    shown = transport.get_extra_info("peercert")
    if not shown:
        return ""
    return _named(lambda: one_spiffe_id(value for kind, value in shown.get("subjectAltName", ()) if kind == "URI"))


def identity_of_request(request: web.Request, mesh: Mesh) -> str:
    """The same of a request over HTTP, of which a sidecar in the `mesh` may have ended the sender's connection."""
    transport = request.transport
    if transport is None:
        return ""
    if mesh == "sidecar" and is_sidecar_host((transport.get_extra_info("peername") or ("",))[0]):
        return _named(lambda: forwarded_principal(request.headers.getall(HEADER, [])))
    return identity_of_connection(transport)


def identity_of_call(context: Any, mesh: Mesh) -> str:
    """The same of a call of gRPC."""
    auth = context.auth_context()
    is_encrypted = bool(auth.get("transport_security_type", [b""])[0] in (b"ssl", b"tls"))
    if is_encrypted and not auth.get("x509_pem_cert"):
        return ""
    return _named(lambda: principal_of(context, mesh))


def _named(principal: Callable[[], str]) -> str:
    try:
        found = principal()
    except IdentityError:
        return NAMELESS
    return "" if found == ANONYMOUS else found
