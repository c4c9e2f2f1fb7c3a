"""Who is calling: the one SPIFFE identity in the client's certificate."""

from collections.abc import Iterable
from typing import Any

ANONYMOUS = "anonymous"


class IdentityError(Exception):
    """The certificate bears no SPIFFE identity, or more than one."""


def principal_of(context: Any) -> str:
    """Return the caller's SPIFFE URI, or "anonymous" on a plaintext connection. Raises IdentityError."""
    auth = context.auth_context()
    if auth.get("transport_security_type", [b""])[0] not in (b"ssl", b"tls"):
        return ANONYMOUS
    return spiffe_uri(auth.get("x509_subject_alternative_name", ()))


def spiffe_uri(subject_alternative_names: Iterable[bytes]) -> str:
    """Return the only SPIFFE URI among the names of a certificate. Raises IdentityError."""
    uris = {name.decode("utf-8", "replace") for name in subject_alternative_names if name.startswith(b"spiffe://")}
    if len(uris) != 1:
        raise IdentityError(f"the client certificate bears {len(uris)} SPIFFE identities; exactly one is needed")
    return uris.pop()
