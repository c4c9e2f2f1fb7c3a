"""``make bench-queries``: what a client of the gateway waits for, on a day of stored records.

Prints p50 and p99 of each query over its repeats, gateway and gRPC included, and what a query costs the gateway and PostgreSQL
in CPU time; searches also to their first row. Everything is in the page cache, as the newest day of a server is. Machines
differ and are shared: where the median is far above the CPU time, the query waited for others.
"""

import argparse
import asyncio
import contextlib
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import psutil
import uvloop
from google.protobuf.timestamp_pb2 import Timestamp
from grpc_health.v1 import health_pb2, health_pb2_grpc

from benchmarks.filling import fill
from logmesh.cli.local.ports import free_port
from logmesh.cli.local.postgres import Postgres
from logmesh.v1.query_service_pb2 import (
    FacetsRequest,
    GetTraceRequest,
    HistogramRequest,
    HistogramResponse,
    ListChangesRequest,
    ListPatternsRequest,
    SearchRequest,
)
from logmesh.v1.query_service_pb2_grpc import QueryServiceStub

_ADDRESS = "127.0.0.11"
_FIRST_ROW_MS = 300.0


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000, help="records over a day (default 1,000,000)")
    parser.add_argument("--body", type=int, default=110, help="bytes of a body; with attributes about 250 a record")
    parser.add_argument("--repeats", type=int, default=20, help="repeats of each query (default 20)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="logmesh-bench-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL may run as another user
        postgres = Postgres(Path(folder) / "postgres", port=free_port())
        postgres.start()
        try:
            uvloop.run(_run(postgres, arguments))
        finally:
            postgres.stop("immediate")


async def _run(postgres: Postgres, arguments: argparse.Namespace) -> None:
    began = time.monotonic()
    start, end = await fill(postgres, arguments.records, arguments.body)
    print(f"{arguments.records:,} records over a day stored in {time.monotonic() - began:.0f} s")
    assert postgres.process is not None
    async with _gateway(postgres) as (stub, gateway):
        processes = psutil.Process(gateway), psutil.Process(postgres.process.pid)
        await Queries(stub, processes, start, end, arguments.repeats).run()


@asynccontextmanager
async def _gateway(postgres: Postgres) -> AsyncIterator[tuple[Any, int]]:
    """A client of a gateway, and the gateway's process id."""
    port = free_port()
    environment = {
        **os.environ,
        "LOGMESH_LISTEN_ADDRESS": _ADDRESS,
        "LOGMESH_PORT": str(port),
        "LOGMESH_METRICS_PORT": "0",
        "LOGMESH_LOG_LEVEL": "warning",
        "LOGMESH_DATABASE_DSN": postgres.dsn("logmesh_reader"),
    }
    process = subprocess.Popen([sys.executable, "-m", "logmesh.gateway"], env=environment)  # noqa: ASYNC220
    try:
        async with grpc.aio.insecure_channel(f"ipv4:{_ADDRESS}:{port}") as channel:
            health: Any = health_pb2_grpc.HealthStub(channel)
            async with asyncio.timeout(30):
                while True:
                    answer = await health.Check(health_pb2.HealthCheckRequest(), wait_for_ready=True)
                    if answer.status == health_pb2.HealthCheckResponse.SERVING:
                        break
                    await asyncio.sleep(0.05)
            yield QueryServiceStub(channel), process.pid
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 30)


class Queries:
    """The queries, each measured in turn on a day from `start` to `end` (nanoseconds).

    `processes` are the gateway and the PostgreSQL server.
    """

    def __init__(
        self, stub: Any, processes: tuple[psutil.Process, psutil.Process], start: int, end: int, repeats: int
    ) -> None:
        self._stub, self._processes, self._repeats = stub, processes, repeats
        self._day: dict[str, Any] = {"start_time": _timestamp(start), "end_time": _timestamp(end)}

    async def run(self) -> None:
        """Measure all and print a line each."""
        stub, day = self._stub, self._day
        print(f"{'query':<58}{'p50':>8}{'p99':>8}{'gateway':>9}{'database':>9}   target, ms")
        await self._search("last 100 of a service", 'service = "service-2"', 10)
        await self._search("last 100 of a service's warnings", 'service = "service-2" AND severity >= WARNING', None)
        await self._search("last 100 without a filter", "", 10)
        await self._page("page 50 by token", 50)
        trace = (await self._records(SearchRequest(filter="trace_id:*", page_size=1, **day)))[0].trace_id.hex()
        await self._call("trace by id", stub.GetTrace, GetTraceRequest(trace_id=trace), 10, _length)
        await self._search("a line that is nowhere", '"no such line"', 600)
        await self._search("100 lines by an attribute", "attributes.user_id = 421", None)
        await self._search("100 lines by a regular expression", r'body =~ "request 00004\\d7"', None)
        for name, text in (
            ("substring counted over everything", '"request 0000421"'),
            ("regular expression counted over everything", r'body =~ "request 00004\\d1"'),
        ):
            request = HistogramRequest(filter=text, buckets=24, **day)
            await self._call(name, stub.Histogram, request, 600 if "sub" in name else None, _total)
        for name, text in (
            ("word of another script counted over everything", "ошибка"),
            ("pattern without case counted over everything", r'body =~ "(?i)REQUEST 00004\d1"'),
        ):
            await self._call(name, stub.Histogram, HistogramRequest(filter=text, buckets=24, **day), None, _total)
        for field in ("attributes.path", "attributes.user_id"):
            request = HistogramRequest(group_by=field, buckets=24, **day)
            await self._call(f"histogram by {field}", stub.Histogram, request, None, _total)
        await self._call(
            "histogram by level, 2 min over the day", stub.Histogram, HistogramRequest(buckets=1000, **day), 150, _total
        )
        last = {"start_time": _timestamp(_nano(day["end_time"]) - 16 * 3600 * 10**9), "end_time": day["end_time"]}
        await self._call(
            "histogram by level, 1 min over 16 h, and before",
            stub.Histogram,
            HistogramRequest(buckets=1000, previous=True, **last),
            150,
            _total,
        )
        await self._call("facets: service, level, instance", stub.Facets, FacetsRequest(**day), 150, _counted)
        await self._call(
            "facets of a filtered service",
            stub.Facets,
            FacetsRequest(filter='service = "service-3"', **day),
            150,
            _counted,
        )
        await self._call(
            "facets of attributes (the newest 50,000)",
            stub.Facets,
            FacetsRequest(fields=["attributes.user_id", "attributes.path", "service"], **day),
            None,
            _counted,
        )
        await self._call("changes", stub.ListChanges, ListChangesRequest(**day), None)
        await self._call("patterns (the newest 20,000)", stub.ListPatterns, ListPatternsRequest(**day), None)

    async def _search(self, name: str, text: str, target: float | None) -> None:
        request = SearchRequest(filter=text, **self._day)
        first: list[float] = []

        async def search() -> int:
            began, rows = time.monotonic(), 0
            async for answer in self._stub.Search(request):
                if answer.HasField("rows"):
                    if not rows:
                        first.append(time.monotonic() - began)
                    rows += len(answer.rows.records)
            return rows

        await self._measure(name, search, target, lambda rows: f"{rows} rows")
        if first:
            _print("    its first row", first[1:], "", _FIRST_ROW_MS)

    async def _page(self, name: str, page: int) -> None:
        request = SearchRequest(**self._day)
        for _ in range(page - 1):
            async for answer in self._stub.Search(request):
                if answer.HasField("done"):
                    token = answer.done.next_page_token
            request.page_token = token
        await self._measure(name, lambda: self._records(request), 10)

    async def _records(self, request: SearchRequest) -> list[Any]:
        return [record async for answer in self._stub.Search(request) for record in answer.rows.records]

    async def _call(
        self,
        name: str,
        call: Callable[[Any], Awaitable[Any]],
        request: Any,
        target: float | None,
        describe: Callable[[Any], str] | None = None,
    ) -> None:
        await self._measure(name, lambda: call(request), target, describe)

    async def _measure(
        self,
        name: str,
        ask: Callable[[], Awaitable[Any]],
        target: float | None,
        describe: Callable[[Any], str] | None = None,
    ) -> None:
        answer = await ask()
        before, times = [_cpu(process) for process in self._processes], []
        for _ in range(self._repeats):
            began = time.monotonic()
            answer = await ask()
            times.append(time.monotonic() - began)
        spent = [_cpu(process) - was for process, was in zip(self._processes, before, strict=True)]
        cpu = "".join(f"{seconds * 1000 / self._repeats:>9.1f}" for seconds in spent)
        _print(f"{name}{f' ({describe(answer)})' if describe else ''}", times, cpu, target)


def _cpu(process: psutil.Process) -> float:
    """CPU seconds of a process, its children, and those that have ended."""
    total = 0.0
    for one in (process, *process.children()):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += sum(one.cpu_times()[: 4 if one == process else 2])
    return total


def _total(answer: HistogramResponse) -> str:
    partly = "" if answer.counted_from == answer.start_time else ", PARTLY"
    return f"{sum(sum(series.counts) for series in answer.series):,} counted{partly}"


def _length(answer: Any) -> str:
    return f"{len(answer.records)} records"


def _counted(answer: Any) -> str:
    return f"{min(facet.counted for facet in answer.facets):,} counted"


def _print(name: str, seconds: list[float], cpu: str, target: float | None) -> None:
    p50, p99 = statistics.median(seconds) * 1000, sorted(seconds)[math.ceil(len(seconds) * 0.99) - 1] * 1000
    verdict = "" if target is None else f"   {target:.0f}{'' if p50 <= target else '  MISSED'}"
    print(f"{name:<58}{p50:>8.1f}{p99:>8.1f}{cpu:>18}{verdict}", flush=True)


def _timestamp(unix_nano: int) -> Timestamp:
    return Timestamp(seconds=unix_nano // 10**9, nanos=unix_nano % 10**9)


def _nano(timestamp: Timestamp) -> int:
    return timestamp.seconds * 10**9 + timestamp.nanos


if __name__ == "__main__":
    main()
