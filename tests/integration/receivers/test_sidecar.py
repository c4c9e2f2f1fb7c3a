"""Behind a mesh's sidecar a sender is whom the sidecar saw, at every door that speaks HTTP. A real Envoy stands for the sidecar."""

import ssl
from pathlib import Path
from typing import Final

import aiohttp
import grpc
from tests.integration.identities import issue
from tests.integration.processor.running import RunningProcessor
from tests.integration.processor.sidecar import running_sidecar
from tests.integration.receivers.running import running_receiver
from tests.integration.receivers.test_door_tls import SHOP, context_of, export
from tests.integration.receivers.test_tokens import bodies_of

from logmesh.cli.local.certificates import WorkloadFiles, spiffe_id
from logmesh.runtime.forwarded import HEADER

SIDECARS: Final = "log-processor"
OTHER: Final = "spiffe://logmesh.local/ns/shop/sa/other"
AS_THE_SHOP: Final = {HEADER: f"By={spiffe_id('log-receiver')};Hash=ab;URI={SHOP}"}


async def test_a_senders_tenant_is_that_of_the_identity_which_the_sidecar_saw(
    processor: RunningProcessor, certificates: dict[str, WorkloadFiles], tmp_path: Path
) -> None:
    ca = certificates["gateway"].ca
    shop, other = issue(tmp_path, ca, [SHOP]), issue(tmp_path, ca, [OTHER])
    async with running_receiver(
        processor.target, tmp_path, mesh="sidecar", tenants={SHOP: "acme"}, syslog_tenant="network"
    ) as receiver:
        async with running_sidecar(tmp_path / "grpc", receiver.otlp, certificates) as sidecar:
            assert await export(sidecar.appending, shop, server_name=SIDECARS) is grpc.StatusCode.OK
            assert await export(sidecar.appending, other, server_name=SIDECARS) is grpc.StatusCode.PERMISSION_DENIED
        async with running_sidecar(tmp_path / "http", receiver.http.removeprefix("http://"), certificates) as sidecar:
            https = f"https://{sidecar.appending}"
            assert await post(https, "9", context_of(ca, shop)) == 200
            assert await post(https, "forged", context_of(ca, other), AS_THE_SHOP) == 403
        # Who comes past the sidecar has no identity, whatever it says.
        assert await post(receiver.http, "past it", None, AS_THE_SHOP) == 401
        await receiver.all_committed()
    assert await bodies_of(processor, "acme") == ["0", "1", "2", "9"]


async def post(address: str, line: str, tls: ssl.SSLContext | None, headers: dict[str, str] | None = None) -> int:
    """Send a line; the status of the answer."""
    if tls is not None:
        tls.check_hostname = False
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{address}/lines", data=line, headers=headers, ssl=tls or True) as answer,
    ):
        return answer.status
