"""Envoy takes up certificates that are exchanged, towards people and the gateway, and keeps those that work over those that don't."""

import asyncio
import ssl
from datetime import UTC, datetime
from pathlib import Path

import grpc
from cryptography import x509
from tests.integration.edge.conftest import MakeOptions
from tests.integration.edge.running import code_of, running_edge
from tests.integration.edge.upstream import running_upstream
from tests.integration.renewed import CA, CERT, KEY, Authority, Renewing, Volume, ends
from tests.waiting import until, until_true

from logmesh.cli.local.certificates import spiffe_id
from logmesh.edge.options import MutualTls, ServerTls
from logmesh.v1.query_service_pb2 import SearchRequest
from logmesh.v1.query_service_pb2_grpc import QueryServiceStub

_LIFE_SECONDS = 8
_AS_LOCALHOST = (("grpc.ssl_target_name_override", "localhost"), ("grpc.use_local_subchannel_pool", 1))


async def test_certificates_are_exchanged_and_no_call_is_refused(options: MakeOptions, tmp_path: Path) -> None:
    old, new = Authority(_LIFE_SECONDS), Authority(_LIFE_SECONDS)
    volumes = {name: Volume(tmp_path / name, name, old) for name in ("edge", "gateway", "people")}
    mine, people = volumes["edge"].files, volumes["people"].files
    first_ends = ends(mine.cert)
    async with running_upstream(volumes["gateway"].files) as upstream:
        upstream.go_on.set()
        edge = options(
            upstream.address,
            gateway_tls=MutualTls(mine.cert, mine.key, mine.ca, spiffe_id("gateway"), "gateway"),
            tls=ServerTls(people.cert, people.key),
            hosts=("*",),
        )

        async def called() -> None:
            credentials = grpc.ssl_channel_credentials(old.pem + new.pem)
            async with grpc.aio.secure_channel(f"ipv4:{edge.api}", credentials, _AS_LOCALHOST) as channel:
                call = QueryServiceStub(channel).Search(SearchRequest(), timeout=20)
                assert await code_of(call) == (grpc.StatusCode.OK, "")

        async def served() -> x509.Certificate:
            pem = await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", edge.api.port), timeout=20)
            return x509.load_pem_x509_certificate(pem.encode())

        with Renewing(volumes.values(), old.pem) as renewing, running_edge(tmp_path / "envoy", edge):
            for authority, believed in (
                (old, old.pem),
                (old, old.pem + new.pem),
                (new, old.pem + new.pem),
                (new, new.pem),
            ):
                await renewing.change(authority=authority, believed=believed)
                began = datetime.now(UTC)

                async def taken_up(authority: Authority = authority, began: datetime = began) -> bool:
                    found = await served()
                    newer = found.not_valid_after_utc.timestamp() >= int(began.timestamp()) + _LIFE_SECONDS - 1
                    return newer and found.issuer == authority.name

                await until(taken_up)
                await called()
            await until_true(lambda: datetime.now(UTC) > first_ends)
            await called()


async def test_a_certificate_without_its_key_is_not_taken_up(options: MakeOptions, tmp_path: Path) -> None:
    authority = Authority()
    volume = Volume(tmp_path / "people", "people", authority)
    edge = options("127.0.0.1:1", tls=ServerTls(volume.files.cert, volume.files.key), gateway_tls=None)

    async def served() -> str:
        return await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", edge.api.port), timeout=20)

    with running_edge(tmp_path / "envoy", edge) as envoy:
        before = await served()
        cert, key = authority.issue("people")
        volume.exchange({CERT: cert, KEY: volume.files.key.read_bytes(), CA: authority.pem})

        async def refused() -> bool:
            return "Failed to reload certificates" in envoy.log_path.read_text()

        await until(refused)
        assert await served() == before
        volume.exchange({CERT: cert, KEY: key, CA: authority.pem})

        async def taken_up() -> bool:
            return await served() == ssl.DER_cert_to_PEM_cert(ssl.PEM_cert_to_DER_cert(cert.decode()))

        await until(taken_up)
