"""Certificates that live for seconds, in volumes as a kubelet makes them: each file is a link, and all are exchanged as one."""

import itertools
import os
import shutil
import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.waiting import until

from logmesh.cli.local.certificates import WorkloadFiles, key_usage, spiffe_id

PEM = serialization.Encoding.PEM
CERT, KEY, CA = "tls.crt", "tls.key", "ca.crt"
_EVERY_SECONDS = 1.0


class Authority:
    """Signs certificates of `seconds`."""

    def __init__(self, seconds: float = 3600) -> None:
        self.seconds = seconds
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"authority {os.urandom(4).hex()}")])
        now = datetime.now(UTC)
        self.pem = (
            _builder(self.name, self.name, self.key, now, now + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(key_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
            .public_bytes(PEM)
        )

    def issue(self, workload: str) -> tuple[bytes, bytes]:
        """Certificate and key of a workload on loopback."""
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        names = [
            x509.UniformResourceIdentifier(spiffe_id(workload)), x509.DNSName(workload), x509.DNSName("localhost"),
            x509.IPAddress(ip_address("127.0.0.1")),
        ]  # fmt: skip
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, workload)])
        cert = (
            _builder(self.name, subject, key, now, now + timedelta(seconds=self.seconds))
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return cert.public_bytes(PEM), private


class Volume:
    """The certificate of one workload, mounted."""

    def __init__(self, folder: Path, workload: str, authority: Authority) -> None:
        self.folder, self.workload, self.authority = folder, workload, authority
        self._numbers = itertools.count()
        folder.mkdir(parents=True)
        self.renew()
        for name in (CERT, KEY, CA):
            (folder / name).symlink_to(Path("..data", name))

    @property
    def files(self) -> WorkloadFiles:
        """As processes are told of them."""
        return WorkloadFiles(self.folder / CERT, self.folder / KEY, self.folder / CA)

    def renew(self, authorities: bytes = b"") -> None:
        """Another certificate of the authority; who is believed is that one, or `authorities`."""
        cert, key = self.authority.issue(self.workload)
        self.exchange({CERT: cert, KEY: key, CA: authorities or self.authority.pem})

    def exchange(self, contents: dict[str, bytes]) -> None:
        """Put files in the place of those before, as a kubelet does: a folder beside, and one rename of the link that leads there."""
        fresh, link = self.folder / f"..{next(self._numbers)}", self.folder / "..data"
        fresh.mkdir()
        for name, content in contents.items():
            (fresh / name).write_bytes(content)
        before = link.resolve() if link.is_symlink() else None
        scratch = self.folder / "..data_tmp"
        scratch.symlink_to(fresh.name)
        scratch.replace(link)
        if before is not None:
            shutil.rmtree(before)


def ends(cert: Path) -> datetime:
    """When a certificate does."""
    return x509.load_pem_x509_certificate(cert.read_bytes()).not_valid_after_utc


def _builder(
    issuer: x509.Name, subject: x509.Name, key: ec.EllipticCurvePrivateKey, begins: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder(issuer_name=issuer, subject_name=subject, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins - timedelta(minutes=5))
        .not_valid_after(end)
    )


class Renewing:
    """Renews volumes every second, in a thread of its own, from `__enter__` to `__exit__`."""

    def __init__(self, volumes: Iterable[Volume], believed: bytes) -> None:
        self._volumes, self._believed = list(volumes), believed
        self._rounds, self._stop = 0, threading.Event()
        self._change = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)

    async def change(self, *, authority: Authority | None = None, believed: bytes) -> None:
        """From now on certificates are of `authority`, and those of `believed` are accepted; return when all volumes are so."""
        with self._change:
            for volume in self._volumes:
                volume.authority = authority or volume.authority
            self._believed = believed
            wanted = self._rounds + 1

        async def done() -> bool:
            return self._rounds >= wanted

        await until(done)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_EVERY_SECONDS):
            with self._change:
                for volume in self._volumes:
                    volume.renew(self._believed)
                self._rounds += 1
