"""When the certificates that a process uses end, as a metric of each file."""

from functools import partial
from pathlib import Path

from cryptography import x509

from logmesh.client.tls import ServedFiles
from logmesh.runtime.metrics import CERTIFICATE_EXPIRY


def export_expiry(tls: ServedFiles) -> None:
    """Have each scrape look at the files, so that what it shows is in use from then on."""
    *authorities, _, cert = tls.paths
    # A chain ends with its first certificate. Authorities of before stand beside the new ones while they are changed.
    CERTIFICATE_EXPIRY.labels(str(cert)).set_function(lambda: min(_ends(tls.current().certificate, cert)))
    for path in authorities:
        CERTIFICATE_EXPIRY.labels(str(path)).set_function(partial(_last_end, tls, path))


def _last_end(tls: ServedFiles, ca: Path) -> float:
    return max(_ends(tls.current().authorities, ca))


def _ends(pem: bytes, path: Path) -> list[float]:
    found = x509.load_pem_x509_certificates(pem)
    if not found:
        raise OSError(f"{path} holds no certificate")
    return [certificate.not_valid_after_utc.timestamp() for certificate in found]
