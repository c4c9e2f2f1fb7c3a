"""Who is calling: the one SPIFFE ID in the client's certificate, which the client shows here, or to the sidecar before us."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from logmesh.runtime.forwarded import HEADER, Unreadable, is_sidecar, nearest_element
from logmesh.runtime.spiffe import NotASpiffeId, checked_spiffe_id

ANONYMOUS = "anonymous"
NOBODY = ("", ANONYMOUS)
"""Principals of what came where callers have no identities."""
Mesh = Literal["none", "sidecar"]


class IdentityError(Exception):
    """The caller's certificate bears no SPIFFE ID, or more than one, or none that is sound."""


def principal_of(context: Any, mesh: Mesh = "none") -> str:
    """Return the caller's SPIFFE ID, or "anonymous" where nobody vouches for one. Raises IdentityError.

    In a `mesh` with a sidecar that ends mutual TLS, the sidecar vouches: by its own element of the header, on its own connection.
    """
    auth = context.auth_context()
    if auth.get("transport_security_type", [b""])[0] in (b"ssl", b"tls"):
        names = auth.get("x509_subject_alternative_name", ())
        return one_spiffe_id(name.decode("utf-8", "replace") for name in names)
    if mesh == "sidecar" and is_sidecar(context.peer()):
        metadata = context.invocation_metadata() or ()
        return forwarded_principal([str(value) for key, value in metadata if key == HEADER])
    return ANONYMOUS


def forwarded_principal(headers: Sequence[str]) -> str:
    """The SPIFFE ID of the client whose request the sidecar passes on with these headers `x-forwarded-client-cert`; "anonymous" for one
    that showed the sidecar no certificate. Raises IdentityError."""
    if not headers:
        return ANONYMOUS
    try:
        # A header that comes twice means the same as one with a comma between, so the last element is in the last one.
        uris = nearest_element(headers[-1]).get("uri", ())
    except Unreadable as error:
        raise IdentityError(str(error)) from error
    return one_spiffe_id(uris)


def one_spiffe_id(names: Iterable[str]) -> str:
    """The SPIFFE ID among the names of a certificate. Raises IdentityError for none, several, or one that is not sound."""
    found = {name for name in names if name.startswith("spiffe:")}
    if len(found) != 1:
        raise IdentityError(f"the client certificate bears {len(found)} SPIFFE identities; exactly one is needed")
    try:
        return checked_spiffe_id(found.pop())
    except NotASpiffeId as error:
        raise IdentityError(f"the client certificate bears no sound SPIFFE identity: {error}") from error
