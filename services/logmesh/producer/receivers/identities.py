"""Who a sender is by the certificate of its connection."""

from collections.abc import Iterable
from typing import Any, Final

from logmesh.runtime.identity import IdentityError, one_spiffe_id

NAMELESS: Final = "a certificate without a SPIFFE ID"
"""The identity of who shows one that names no workload, or several."""


def identity_of_connection(transport: Any) -> str:
    """The SPIFFE ID of the certificate that is shown on a connection of asyncio, NAMELESS for any other certificate, empty for none."""
    shown = transport.get_extra_info("peercert")
    if not shown:
        return ""
    return _named(value for kind, value in shown.get("subjectAltName", ()) if kind == "URI")


def identity_of_call(context: Any) -> str:
    """The same of a call of gRPC."""
    auth = context.auth_context()
    if not auth.get("x509_pem_cert"):
        return ""
    return _named(name.decode("utf-8", "replace") for name in auth.get("x509_subject_alternative_name", ()))


def _named(names: Iterable[str]) -> str:
    try:
        return one_spiffe_id(names)
    except IdentityError:
        return NAMELESS
