"""What a gateway holds is bounded, however many ask for however much at once."""

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import grpc
from tests.conftest import Database
from tests.integration.gateway.commands import SERVICES

from logmesh.cli.local.ports import free_port
from logmesh.runtime.channel import END_OF_STREAM
from logmesh.v1 import query_service_pb2 as pb
from logmesh.v1.query_service_pb2_grpc import QueryServiceStub

MOST_MEBIBYTES = 400
SECONDS = 3.0
TRACE = "ab" * 16


async def store_large_records(database: Database) -> None:
    """600 records of nearly the largest size there is, of one trace."""
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(
        "WITH origin AS (INSERT INTO logmesh.origins (tenant, service, instance, resource, scope_name, scope_version, digest)"
        " VALUES ('default', 's', 'i', '{}', '', '', 'x') RETURNING origin)"
        " INSERT INTO logmesh.logs (time, ns, position, spool, origin, severity, tenant, service, body, trace_id)"
        " SELECT now() - n * interval '10 ms', 0, n, 1, origin, 9, 'default', 's', repeat(chr(97 + n % 26), 262000), $1::text::uuid"
        " FROM generate_series(1, 600) AS n, origin",
        TRACE,
    )
    await owner.close()


async def test_eighty_large_questions_at_once_stay_within_a_pod_s_memory(database: Database) -> None:
    await store_large_records(database)
    port, ended = free_port(), Counter[str]()
    gateway = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "logmesh.gateway",
        env={
            **os.environ, "PYTHONPATH": str(SERVICES), "LOGMESH_LISTEN_ADDRESS": "127.0.0.1", "LOGMESH_PORT": str(port),
            "LOGMESH_METRICS_PORT": str(free_port()), "LOGMESH_DATABASE_DSN": database.reader_dsn,
        },
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    until = time.monotonic() + SECONDS + 5

    async def asking(ask: Callable[[Any], Awaitable[None]]) -> None:
        """Ask again and again; whoever is turned away comes again a little later."""
        own = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", 16 << 20)]
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=own) as channel:
            while time.monotonic() < until:
                try:
                    await ask(QueryServiceStub(channel))
                    ended["OK"] += 1
                except grpc.aio.AioRpcError as error:
                    ended[error.code().name] += 1
                    await asyncio.sleep(0.5)

    async def read(call: Any) -> None:
        """Slowly, as over a thin line."""
        while await call.read() is not END_OF_STREAM and time.monotonic() < until:
            await asyncio.sleep(0.05)
        call.cancel()

    async def export(stub: Any) -> None:
        await read(stub.Export(pb.ExportRequest()))

    async def search(stub: Any) -> None:
        await read(stub.Search(pb.SearchRequest(page_size=10_000)))

    async def trace(stub: Any) -> None:
        await stub.GetTrace(pb.GetTraceRequest(trace_id=TRACE, page_size=10_000), timeout=30)

    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            await QueryServiceStub(channel).Complete(pb.CompleteRequest(), wait_for_ready=True, timeout=20)
        until = time.monotonic() + SECONDS
        async with asyncio.timeout(60):
            await asyncio.gather(*map(asking, [export] * 32 + [search] * 32 + [trace] * 16))
        status = Path(f"/proc/{gateway.pid}/status").read_text()
    finally:
        gateway.terminate()
        await gateway.wait()
    most = int(status.split("VmHWM:")[1].split()[0]) / 1024
    assert ended["OK"] > 0
    assert ended.keys() <= {"OK", "RESOURCE_EXHAUSTED"}
    assert most <= MOST_MEBIBYTES, f"{most:.0f} MiB; {dict(ended)}"
