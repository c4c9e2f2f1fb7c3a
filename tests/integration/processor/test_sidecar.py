"""Behind a mesh's sidecar a caller is whom the sidecar saw, and nobody else's word counts. A real Envoy stands for the sidecar."""

from pathlib import Path
from typing import Any, Final

import grpc
import pytest
from tests.integration.edge.running import code_of
from tests.integration.identities import issue
from tests.integration.processor.append_stream import AppendStream, columns_of
from tests.integration.processor.conftest import ServerStore
from tests.integration.processor.running import RunningProcessor, running_processor
from tests.integration.processor.sidecar import running_sidecar

from logmesh.cli.local.certificates import WorkloadFiles, spiffe_id
from logmesh.runtime.channel import open_channel
from logmesh.runtime.forwarded import HEADER
from logmesh.runtime.settings import TlsFiles
from logmesh.v1 import tail_service_pb2 as pb
from logmesh.v1.pipeline_service_pb2 import ListProcessorsRequest
from logmesh.v1.pipeline_service_pb2_grpc import PipelineServiceStub
from logmesh.v1.tail_service_pb2_grpc import TailServiceStub

PRODUCER, GATEWAY, AGENT = spiffe_id("log-producer"), spiffe_id("gateway"), spiffe_id("log-agent")
OK, UNAUTHENTICATED, DENIED = (
    grpc.StatusCode.OK,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED,
)
AS_THE_GATEWAY: Final = ((HEADER, f"By={spiffe_id('log-processor')};Hash=ab;URI={GATEWAY}"),)
MESH: Final[dict[str, Any]] = {"mesh": "sidecar", "callers": [GATEWAY]}


async def test_callers_are_whom_the_sidecar_saw(
    store: ServerStore, certificates: dict[str, WorkloadFiles], tmp_path: Path
) -> None:
    ca = certificates["gateway"].ca
    files = {name: TlsFiles(found.cert, found.key, found.ca) for name, found in certificates.items()}
    async with (
        running_processor(store, tmp_path, **MESH) as processor,
        running_sidecar(tmp_path / "sidecar", processor.target, certificates) as sidecar,
    ):

        def channel(tls: TlsFiles | None, address: str = sidecar.appending) -> grpc.aio.Channel:
            return open_channel(address, tls, server_name="log-processor")

        async def asked(tls: TlsFiles, *metadata: tuple[str, str], address: str = sidecar.appending) -> grpc.StatusCode:
            async with channel(tls, address) as opened:
                call = PipelineServiceStub(opened).ListProcessors(
                    ListProcessorsRequest(), metadata=metadata, timeout=10
                )
                return (await code_of(call))[0]

        # A spool is its producer's, through the mesh and on the direct path.
        paths = {sidecar.appending: files["log-producer"], sidecar.of_a_producer: None}
        for address, tls in paths.items():
            async with channel(tls, address) as opened:
                stream = processor.stream(channel=opened)
                await stream.hello()
                await stream.send_columns(1, columns_of([b"mine"]))
                await stream.until_committed(1)
                assert await principal_of(processor, stream) == PRODUCER
        async with channel(issue(tmp_path, ca, [AGENT])) as opened:
            thief = processor.stream(stream.spool_id, opened, AS_THE_GATEWAY)
            assert (await refusal(thief)).code() is DENIED

        # Records are shown to the gateway, and not to others, whatever they say they are.
        async with channel(files["gateway"]) as opened:
            tail: Any = TailServiceStub(opened).Tail(pb.TailRequest())
            await tail.wait_for_connection()
            async with channel(files["log-producer"]) as of_producer:
                more = processor.stream(stream.spool_id, of_producer)
                await more.hello()
                await more.send_columns(2, columns_of([b"live"]))
                message = await tail.read()
                while not message.frame.records:
                    message = await tail.read()
                code, _ = await code_of(TailServiceStub(of_producer).Tail(pb.TailRequest(), metadata=AS_THE_GATEWAY))
                assert code is DENIED
        assert await asked(files["gateway"]) is OK
        others = {
            "a gateway of another namespace": "spiffe://logmesh.local/ns/other/sa/gateway",
            "a gateway of another trust domain": "spiffe://else.where/ns/log-system/sa/gateway",
        }
        for name, identity in others.items():
            assert (name, await asked(issue(tmp_path, ca, [identity]))) == (name, DENIED)
        assert await asked(issue(tmp_path, ca, []), *AS_THE_GATEWAY) is UNAUTHENTICATED
        assert await asked(issue(tmp_path, ca, [GATEWAY, PRODUCER])) is UNAUTHENTICATED
        for address in (sidecar.appending, sidecar.sanitizing):
            assert await asked(files["log-producer"], *AS_THE_GATEWAY, address=address) is DENIED
            assert await asked(files["log-producer"], *AS_THE_GATEWAY, *AS_THE_GATEWAY, address=address) is DENIED
        # A quote left open would have the sidecar's element for a part of its text.
        for open_end in ('";Subject="', '";X="', '";'):
            header = f"URI={GATEWAY};Subject={open_end}"
            assert await asked(files["log-producer"], (HEADER, header)) in (DENIED, UNAUTHENTICATED)


async def test_the_header_is_nobodys_word_from_elsewhere(
    store: ServerStore, certificates: dict[str, WorkloadFiles], tmp_path: Path
) -> None:
    async with running_processor(store, tmp_path, **MESH) as processor:
        # From the machine itself, as by a port-forward, and not from the sidecar's address.
        opened = processor.channel()
        for call in (
            PipelineServiceStub(opened).ListProcessors(ListProcessorsRequest(), metadata=AS_THE_GATEWAY, timeout=10),
            TailServiceStub(opened).Tail(pb.TailRequest(), metadata=AS_THE_GATEWAY, timeout=10),
        ):
            assert (await code_of(call))[0] is UNAUTHENTICATED
        stream = processor.stream(metadata=((HEADER, f"URI={PRODUCER}"),))
        await stored(stream)
        assert await principal_of(processor, stream) == "anonymous"
    # Nor is the sidecar believed by a processor that was not told of one.
    async with (
        running_processor(store, tmp_path) as processor,
        running_sidecar(tmp_path / "sidecar", processor.target, certificates) as sidecar,
        open_channel(sidecar.of_a_producer, None) as channel,
    ):
        stream = processor.stream(channel=channel)
        await stored(stream)
        assert await principal_of(processor, stream) == "anonymous"


async def test_a_spool_of_nobodys_goes_on_and_is_its_first_identitys_from_then_on(
    store: ServerStore, certificates: dict[str, WorkloadFiles], tmp_path: Path
) -> None:
    async with running_processor(store, tmp_path) as before:
        stream = before.stream()
        await stored(stream)
    agent = issue(tmp_path, certificates["gateway"].ca, [AGENT])
    async with (
        running_processor(store, tmp_path, **MESH) as processor,
        running_sidecar(tmp_path / "sidecar", processor.target, certificates) as sidecar,
        open_channel(sidecar.of_a_producer, None) as mine,
        open_channel(sidecar.appending, agent, server_name="log-processor") as other,
    ):
        again = processor.stream(stream.spool_id, mine)
        assert [(part.first, part.last) for part in (await again.hello()).committed] == [(1, 1)]
        assert await principal_of(processor, again) == PRODUCER
        for thief in (processor.stream(stream.spool_id, other), processor.stream(stream.spool_id)):
            assert (await refusal(thief)).code() is DENIED
        await again.send_columns(2, columns_of([b"still mine"]))
        await again.until_committed(2)
    # The mesh is taken away: producers go on, and whose the spool was is kept.
    async with running_processor(store, tmp_path) as after:
        last = after.stream(stream.spool_id)
        assert [(part.first, part.last) for part in (await last.hello()).committed] == [(1, 2)]
        await last.send_columns(3, columns_of([b"without a mesh"]))
        await last.until_committed(3)
        assert await principal_of(after, last) == PRODUCER


async def stored(stream: AppendStream) -> None:
    await stream.hello()
    await stream.send_columns(1, columns_of([b"stored"]))
    await stream.until_committed(1)


async def principal_of(processor: RunningProcessor, stream: AppendStream) -> str:
    (row,) = await processor.query("SELECT principal FROM logmesh.spools WHERE spool_id = $1::uuid", stream.spool_id)
    return str(row["principal"])


async def refusal(stream: AppendStream) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stream.hello()
    return refused.value
