"""Client certificates with any names and any end, for those who must be refused."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from logmesh.runtime.settings import TlsFiles

NOW = datetime.now(UTC)


def issue(folder: Path, ca: Path, names: list[str], *, ends: datetime = NOW + timedelta(hours=1)) -> TlsFiles:
    """A client certificate with these URIs, from the authority in `ca`'s folder."""
    authority = x509.load_pem_x509_certificate(ca.read_bytes())
    authority_key = serialization.load_pem_private_key(ca.with_suffix(".key").read_bytes(), None)
    assert isinstance(authority_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    general: list[x509.GeneralName] = [x509.DNSName("client"), *map(x509.UniformResourceIdentifier, names)]
    cert = (
        x509.CertificateBuilder()
        .issuer_name(authority.subject)
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "client")]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=2))
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName(general), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    stem = folder / uuid4().hex
    stem.with_suffix(".crt").write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    stem.with_suffix(".key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return TlsFiles(stem.with_suffix(".crt"), stem.with_suffix(".key"), ca)
