"""Certificates for mutual TLS on one machine, with the identities that a mesh would give.

One authority, and for each workload one certificate with exactly one SPIFFE URI, renewed when it has less
than 7 days left.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from logmesh.runtime.secret_files import write_secret

TRUST_DOMAIN = "logmesh.local"
NAMESPACE = "log-system"
WORKLOADS = ("log-producer", "log-receiver", "log-processor", "gateway", "edge", "operator")
AUTHORITY_DAYS = 3650
WORKLOAD_DAYS = 365
RENEW_DAYS = 7


def spiffe_id(workload: str) -> str:
    """The identity of a workload, as its service account's in the cluster."""
    return f"spiffe://{TRUST_DOMAIN}/ns/{NAMESPACE}/sa/{workload}"


@dataclass(frozen=True, slots=True)
class WorkloadFiles:
    """PEM files of one workload: certificate, key, authority."""

    cert: Path
    key: Path
    ca: Path

    def environment(self) -> dict[str, str]:
        """The same as the settings of a process."""
        return {"LOGMESH_TLS_CERT": str(self.cert), "LOGMESH_TLS_KEY": str(self.key), "LOGMESH_TLS_CA": str(self.ca)}


def ensure_certificates(
    directory: Path, addresses: tuple[str, ...] = ("127.0.0.1",), now: datetime | None = None
) -> dict[str, WorkloadFiles]:
    """Make what is missing, renew what ends soon or lacks an address, and return each workload's files."""
    now = now or datetime.now(UTC)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority, authority_key = _authority(directory, now)
    files = {}
    for workload in WORKLOADS:
        made = WorkloadFiles(directory / f"{workload}.crt", directory / f"{workload}.key", directory / "ca.crt")
        if not _still_good(made, authority, set(addresses), now):
            _issue(made, workload, addresses, authority, authority_key, now)
        files[workload] = made
    return files


def _authority(directory: Path, now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    cert_path, key_path = directory / "ca.crt", directory / "ca.key"
    try:
        cert = x509.load_pem_x509_certificate(cert_path.read_bytes())
        key = serialization.load_pem_private_key(key_path.read_bytes(), None)
    except (FileNotFoundError, ValueError):
        pass
    else:
        lasts = cert.not_valid_after_utc - now > timedelta(days=WORKLOAD_DAYS)
        if lasts and isinstance(key, ec.EllipticCurvePrivateKey) and cert.public_key() == key.public_key():
            return cert, key
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Logmesh on this machine")])
    cert = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_key(key_path, key)
    write_secret(cert_path, cert.public_bytes(serialization.Encoding.PEM))
    return cert, key


def _still_good(files: WorkloadFiles, authority: x509.Certificate, addresses: set[str], now: datetime) -> bool:
    try:
        cert = x509.load_pem_x509_certificate(files.cert.read_bytes())
        key = serialization.load_pem_private_key(files.key.read_bytes(), None)
        cert.verify_directly_issued_by(authority)
        names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (FileNotFoundError, ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    known = {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    remaining = cert.not_valid_after_utc - now
    return remaining >= timedelta(days=RENEW_DAYS) and addresses <= known and cert.public_key() == key.public_key()


def _issue(
    files: WorkloadFiles,
    workload: str,
    addresses: tuple[str, ...],
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(spiffe_id(workload)), x509.DNSName(workload)]
    names += [x509.IPAddress(ip_address(address)) for address in addresses]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, workload)])
    cert = (
        x509.CertificateBuilder(issuer_name=authority.subject, subject_name=subject, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=WORKLOAD_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(signs_certificates=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    # The key first: a stop between the two leaves a pair that doesn't match, which the next start renews.
    _write_key(files.key, key)
    write_secret(files.cert, cert.public_bytes(serialization.Encoding.PEM))


def key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """What a key may do: an authority's signs certificates, a workload's does not."""
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    private = serialization.PrivateFormat.PKCS8
    write_secret(path, key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption()))
