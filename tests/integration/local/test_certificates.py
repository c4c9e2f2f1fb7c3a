"""Local certificates: one identity each, closed keys, renewed in time, good for gRPC."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from cryptography import x509

from logmesh.cli.local.certificates import WORKLOADS, WorkloadFiles, ensure_certificates
from logmesh.v1.ingest_service_pb2 import WriteRequest
from logmesh.v1.ingest_service_pb2_grpc import IngestServiceStub


def names(files: WorkloadFiles) -> x509.SubjectAlternativeName:
    cert = x509.load_pem_x509_certificate(files.cert.read_bytes())
    return cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value


@pytest.mark.parametrize("workload", WORKLOADS)
def test_a_workload_has_exactly_one_spiffe_identity(certificates: dict[str, WorkloadFiles], workload: str) -> None:
    found = names(certificates[workload])
    assert found.get_values_for_type(x509.UniformResourceIdentifier) == [
        f"spiffe://logmesh.local/ns/log-system/sa/{workload}"
    ]
    assert found.get_values_for_type(x509.DNSName) == [workload]


def test_keys_are_for_their_owner_alone(certificates: dict[str, WorkloadFiles]) -> None:
    assert {stat.S_IMODE(files.key.stat().st_mode) for files in certificates.values()} == {0o600}


def test_good_certificates_are_kept_and_ending_ones_renewed(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    first = ensure_certificates(tmp_path, now=now)["gateway"].cert.read_bytes()
    authority = (tmp_path / "ca.crt").read_bytes()
    assert ensure_certificates(tmp_path, now=now + timedelta(days=357))["gateway"].cert.read_bytes() == first
    assert ensure_certificates(tmp_path, now=now + timedelta(days=359))["gateway"].cert.read_bytes() != first
    assert (tmp_path / "ca.crt").read_bytes() == authority


def test_another_address_or_a_key_that_does_not_match_means_a_new_certificate(tmp_path: Path) -> None:
    files = ensure_certificates(tmp_path)["gateway"]
    first = files.cert.read_bytes()
    ensure_certificates(tmp_path, ("127.0.0.1", "127.0.0.11"))
    second = files.cert.read_bytes()
    assert second != first
    files.key.write_bytes(ensure_certificates(tmp_path)["log-producer"].key.read_bytes())
    ensure_certificates(tmp_path)
    assert files.cert.read_bytes() != second


async def test_grpc_takes_them_for_mutual_tls(certificates: dict[str, WorkloadFiles]) -> None:
    server_files, client_files = certificates["log-processor"], certificates["log-producer"]
    credentials = grpc.ssl_server_credentials(
        [(server_files.key.read_bytes(), server_files.cert.read_bytes())],
        server_files.ca.read_bytes(),
        require_client_auth=True,
    )
    server = grpc.aio.server()
    port = server.add_secure_port("127.0.0.1:0", credentials)
    await server.start()
    with_cert = grpc.ssl_channel_credentials(
        client_files.ca.read_bytes(), client_files.key.read_bytes(), client_files.cert.read_bytes()
    )
    channel = grpc.aio.secure_channel(f"127.0.0.1:{port}", with_cert)
    async with channel:
        # The handshake succeeds: the server's answer is that it knows no such method.
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await IngestServiceStub(channel).Write(WriteRequest(), timeout=5)
        assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED
    await server.stop(None)
