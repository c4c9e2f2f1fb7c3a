"""When the certificates that a process uses end, as a metric of each file."""

from pathlib import Path

from cryptography import x509

from logmesh.client.tls import TlsFiles
from logmesh.runtime.metrics import CERTIFICATE_EXPIRY


def export_expiry(tls: TlsFiles) -> None:
    """Have each scrape look at the files, so that what it shows is in use from then on."""
    ca, _, cert = tls.paths
    # A chain ends with its first certificate. Authorities of before stand beside the new ones while they are changed.
    CERTIFICATE_EXPIRY.labels(str(cert)).set_function(lambda: min(_ends(tls.current().certificate, cert)))
    CERTIFICATE_EXPIRY.labels(str(ca)).set_function(lambda: max(_ends(tls.current().authorities, ca)))


def _ends(pem: bytes, path: Path) -> list[float]:
    found = x509.load_pem_x509_certificates(pem)
    if not found:
        raise OSError(f"{path} holds no certificate")
    return [certificate.not_valid_after_utc.timestamp() for certificate in found]
