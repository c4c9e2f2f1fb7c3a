"""TLS at the doors: certificates that are replaced are served at once, and those of senders say whose records they bring."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub
from tests.integration.identities import issue
from tests.integration.processor.running import RunningProcessor
from tests.integration.receivers.running import running_receiver
from tests.integration.receivers.test_otlp_grpc import request_of
from tests.integration.receivers.test_tokens import bodies_of
from tests.integration.renewed import Authority, Volume, ends

from logmesh.cli.local.certificates import WorkloadFiles, spiffe_id
from logmesh.cli.local.ports import free_port
from logmesh.client.channel import Tls, open_channel
from logmesh.client.tls import ServedFiles, TlsFiles
from logmesh.producer.receivers.identities import NAMELESS, identity_of_connection
from logmesh.runtime.metrics import PRODUCER
from logmesh.runtime.tls_context import server_context

SHOP = "spiffe://logmesh.local/ns/shop/sa/checkout"


async def export(address: str, tls: Tls, first: int = 0, server_name: str = "gateway") -> grpc.StatusCode:
    async with open_channel(address, tls, server_name=server_name) as channel:
        stub: Any = LogsServiceStub(channel)  # type: ignore[no-untyped-call]
        try:
            await stub.Export(request_of(first, 3), timeout=10)
        except grpc.aio.AioRpcError as error:
            return error.code()
        return grpc.StatusCode.OK


def served_serial(address: str) -> int:
    host, port = address.split(":")
    return x509.load_pem_x509_certificate(ssl.get_server_certificate((host, int(port))).encode()).serial_number


async def test_otlp_over_grpc_comes_in_tls_with_the_newest_certificate(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    volume = Volume(tmp_path / "volume", "gateway", Authority())
    files = volume.files
    async with running_receiver(
        processor.target, tmp_path, door_tls_cert=files.cert, door_tls_key=files.key
    ) as receiver:
        assert await export(receiver.otlp, files.ca) is grpc.StatusCode.OK
        assert await export(receiver.otlp, None) is grpc.StatusCode.UNAVAILABLE
        first = await asyncio.to_thread(served_serial, receiver.otlp)
        volume.renew()
        shown = PRODUCER.get_sample_value("logmesh_certificate_expiry_timestamp_seconds", {"path": str(files.cert)})
        assert shown == ends(files.cert).timestamp()
        assert await asyncio.to_thread(served_serial, receiver.otlp) != first
        assert await export(receiver.otlp, files.ca) is grpc.StatusCode.OK
        await receiver.all_committed()
    assert await bodies_of(processor, "default") == ["0", "1", "2"]


async def test_without_a_certificate_that_can_be_used_a_receiver_does_not_start(tmp_path: Path) -> None:
    missing = {"door_tls_cert": tmp_path / "tls.crt", "door_tls_key": tmp_path / "tls.key"}
    with pytest.raises(OSError, match=r"tls\.(crt|key)"):
        async with running_receiver("ipv4:127.0.0.1:1", tmp_path, **missing):  # type: ignore[arg-type]
            pass


async def test_an_identity_stores_for_its_tenant_and_a_stranger_does_not(
    processor: RunningProcessor, certificates: dict[str, WorkloadFiles], tmp_path: Path
) -> None:
    door = certificates["gateway"]
    tenants = {SHOP: "acme", spiffe_id("operator"): "globex"}
    async with running_receiver(
        processor.target, tmp_path, door_tls_cert=door.cert, door_tls_key=door.key, door_tls_ca=door.ca, tenants=tenants
    ) as receiver:
        operator = certificates["operator"]
        assert await export(receiver.otlp, issue(tmp_path, door.ca, [SHOP]), 0) is grpc.StatusCode.OK
        assert await export(receiver.otlp, TlsFiles(operator.cert, operator.key, door.ca), 10) is grpc.StatusCode.OK
        for names in ([f"{SHOP}/more"], [], [SHOP, spiffe_id("operator")], ["https://shop"]):
            code = await export(receiver.otlp, issue(tmp_path, door.ca, names))
            assert (names, code) == (names, grpc.StatusCode.PERMISSION_DENIED)
        assert await export(receiver.otlp, door.ca) is grpc.StatusCode.UNAVAILABLE
        await receiver.all_committed()
    assert await bodies_of(processor, "acme") == ["0", "1", "2"]
    assert await bodies_of(processor, "globex") == ["10", "11", "12"]


def context_of(ca: Path, shown: TlsFiles | None = None) -> ssl.SSLContext:
    """Of a client of syslog."""
    context = ssl.create_default_context(cafile=ca)
    if shown is not None:
        context.load_cert_chain(shown.paths[2], shown.paths[1])
    return context


async def send_syslog(port: int, text: str, context: ssl.SSLContext | None) -> bool:
    """Send a message; whether the receiver did not close the connection before this end did."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=context, server_hostname="gateway" if context else None
    )
    try:
        writer.write(f"<14>1 2026-01-02T03:04:05Z host shop 7 - - {text}\n".encode())
        await writer.drain()
        async with asyncio.timeout(1):
            await reader.read()
        return False
    except TimeoutError:
        return True
    except (OSError, ssl.SSLError):
        return False
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def test_syslog_over_tls_is_of_its_certificates_tenant_and_without_of_the_one_that_is_named(
    processor: RunningProcessor, certificates: dict[str, WorkloadFiles], tmp_path: Path
) -> None:
    door, tls_port, port = certificates["gateway"], free_port(), free_port()
    served: dict[str, Any] = {
        "door_tls_cert": door.cert, "door_tls_key": door.key, "syslog_tls_port": tls_port, "syslog_port": port,
    }  # fmt: skip
    shop = context_of(door.ca, issue(tmp_path, door.ca, [SHOP]))
    asked = {**served, "door_tls_ca": door.ca, "tenants": {SHOP: "acme"}}
    async with running_receiver(processor.target, tmp_path, **asked) as receiver:
        assert await send_syslog(tls_port, "1", shop)
        assert not await send_syslog(tls_port, "2", context_of(door.ca, issue(tmp_path, door.ca, [f"{SHOP}/more"])))
        assert not await send_syslog(tls_port, "3", context_of(door.ca))
        with pytest.raises(OSError):
            await send_syslog(port, "4", None)
        await receiver.all_committed()
    async with running_receiver(processor.target, tmp_path, **asked, syslog_tenant="network") as receiver:
        assert await send_syslog(tls_port, "5", shop)
        assert await send_syslog(port, "6", None)
        await receiver.all_committed()
    async with running_receiver(processor.target, tmp_path, **served) as receiver:
        assert await send_syslog(tls_port, "7", context_of(door.ca))
        await receiver.all_committed()
    assert await bodies_of(processor, "acme") == ["1", "5"]
    assert await bodies_of(processor, "network") == ["6"]
    assert await bodies_of(processor, "default") == ["7"]


@contextlib.asynccontextmanager
async def telling_server(files: ServedFiles) -> AsyncIterator[int]:
    """A server on asyncio that tells each client who it is; its port."""

    async def tell(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(identity_of_connection(writer.transport).encode() + b"\n")
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(tell, "127.0.0.1", 0, ssl=server_context(files))
    async with server:
        yield server.sockets[0].getsockname()[1]


async def told(port: int, ca: bytes, shown: TlsFiles | None = None, name: str = "gateway") -> tuple[str, int]:
    """Who the server says that we are, and the serial number of its certificate."""
    context = ssl.create_default_context(cadata=ca.decode())
    if shown is not None:
        context.load_cert_chain(shown.paths[2], shown.paths[1])
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name)
    try:
        line = await reader.readline()
        served = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        if not line:
            raise ConnectionResetError
        return line.decode().strip(), x509.load_der_x509_certificate(served).serial_number
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


# The client names a server, and in the second case none: an address is not a name.
@pytest.mark.parametrize("name", ["gateway", "127.0.0.1"])
async def test_servers_on_asyncio_serve_the_newest_certificate(tmp_path: Path, name: str) -> None:
    authority = Authority()
    volume = Volume(tmp_path / "volume", "gateway", authority)
    async with telling_server(ServedFiles(volume.files.cert, volume.files.key, None)) as port:
        assert (await told(port, authority.pem, name=name))[0] == ""
        serials = set()
        for _ in range(3):
            serials.add((await told(port, authority.pem, name=name))[1])
            volume.renew()
        assert len(serials) == 3
        before = (await told(port, authority.pem, name=name))[1]
        volume.exchange({"tls.crt": b"half", "tls.key": b"", "ca.crt": authority.pem})
        assert (await told(port, authority.pem, name=name))[1] == before


async def test_servers_on_asyncio_believe_the_newest_authority(tmp_path: Path) -> None:
    old, new = Authority(), Authority()
    volume = Volume(tmp_path / "volume", "gateway", old)
    of_old, of_new = (
        Volume(tmp_path / name, name, authority) for name, authority in (("edge", old), ("operator", new))
    )

    def shown(volume: Volume) -> TlsFiles:
        return TlsFiles(volume.files.cert, volume.files.key, volume.files.ca)

    async with telling_server(ServedFiles(volume.files.cert, volume.files.key, volume.files.ca)) as port:
        assert (await told(port, old.pem, shown(of_old)))[0] == spiffe_id("edge")
        for stranger in (None, shown(of_new)):
            with pytest.raises((ssl.SSLError, ConnectionResetError)):
                await told(port, old.pem, stranger)
        volume.renew(new.pem)
        assert (await told(port, old.pem, shown(of_new)))[0] == spiffe_id("operator")
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            await told(port, old.pem, shown(of_old))


async def test_a_certificate_without_one_sound_identity_is_nameless(
    certificates: dict[str, WorkloadFiles], tmp_path: Path
) -> None:
    door = certificates["gateway"]
    async with telling_server(ServedFiles(door.cert, door.key, door.ca)) as port:
        for names in ([], [SHOP, f"{SHOP}/more"], [f"{SHOP}//"], ["https://shop"]):
            who, _ = await told(port, door.ca.read_bytes(), issue(tmp_path, door.ca, names))
            assert (names, who) == (names, NAMELESS)
