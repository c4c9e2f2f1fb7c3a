"""``make bench``: ingest from end to end, the load generator's own CPU left out.

Prints records per CPU-second of the processor to LOGGED, and of processor + PostgreSQL to COMMITTED beside a yardstick of
the machine; p50 and p99 of append → LOGGED at offered rates; bytes stored per record; and the processor's memory. Machines
differ and are shared: compare figures of one run, and repeat.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

import asyncpg
import uvloop

from benchmarks.disk import probed_disk
from benchmarks.load import Load, Payloads
from benchmarks.servers import Servers
from benchmarks.yardstick import yardstick


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--records", type=int, default=2_000_000, help="records of a throughput run (default 2,000,000)"
    )
    parser.add_argument("--batch", type=int, default=1_000, help="records a batch (default 1,000)")
    parser.add_argument("--body", type=int, default=110, help="bytes of a body; with attributes about 250 a record")
    parser.add_argument("--repeats", type=int, default=3, help="throughput runs (default 3; 0 for none)")
    parser.add_argument("--seconds", type=float, default=10, help="seconds of each latency run (default 10)")
    parser.add_argument("--rates", type=int, nargs="*", default=[10_000, 50_000], help="offered records/s")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="logmesh-bench-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL may run as another user
        servers = Servers(Path(folder))
        try:
            uvloop.run(_run(servers, arguments))
        finally:
            servers.stop()


async def _run(servers: Servers, arguments: argparse.Namespace) -> None:
    payloads = Payloads(arguments.batch, arguments.body)
    print(f"payload {len(payloads.next(1)) / arguments.batch:.0f} bytes/record, {arguments.batch} records/batch")
    await _warm_up(servers, payloads)
    logged = [await _to_logged(servers, payloads, arguments) for _ in range(arguments.repeats)]
    if logged:
        print(f"LOGGED: median {statistics.median(logged):,.0f} records per CPU-second of the processor")
    rates = [await _throughput(servers, payloads, arguments) for _ in range(arguments.repeats)]
    if rates:
        median, plain = statistics.median(rates), await yardstick(servers)
        print(f"COMMITTED: median {median:,.0f} records per CPU-second of processor + PostgreSQL")
        print(
            f"yardstick: plain COPY without an index {plain:.2f} s/M; the whole way costs {1e6 / median / plain:.1f} times that"
        )
    for rate in arguments.rates:
        await servers.settle()
        await _latency(servers, payloads, rate, arguments.seconds)
    print(
        f"stored {await _stored_bytes(servers):.0f} bytes/record with indexes; processor {servers.memory_mib():.0f} MiB"
    )


async def _warm_up(servers: Servers, payloads: Payloads) -> None:
    for _ in range(100):
        try:
            await Load(servers.target, payloads, 20).run()
            return
        except Exception:  # noqa: BLE001  # not up yet, in whatever way
            await asyncio.sleep(0.2)
    raise SystemExit("the processor did not come up")


async def _to_logged(servers: Servers, payloads: Payloads, arguments: argparse.Namespace) -> float:
    """With PostgreSQL asleep a processor does what LOGGED needs, and at most begins one flush."""
    batches = min(arguments.records, 1_000_000) // arguments.batch
    may_send = asyncio.Event()
    load = Load(servers.target, payloads, batches, may_send=may_send)
    running = asyncio.create_task(load.run())
    await load.welcomed.wait()
    with servers.postgres_asleep():
        before, began = servers.processor_cpu(), time.monotonic()
        may_send.set()
        await load.logged.wait()
        spent, took = servers.processor_cpu() - before, time.monotonic() - began
    await running
    rate: float = batches * arguments.batch / spent
    print(f"to LOGGED:  {batches * arguments.batch / took:>9,.0f} records/s  processor {1e6 / rate:.2f} s/M")
    return rate


async def _throughput(servers: Servers, payloads: Payloads, arguments: argparse.Namespace) -> float:
    batches = arguments.records // arguments.batch
    before = servers.processor_cpu(), servers.postgres_cpu()
    took = await Load(servers.target, payloads, batches).run()
    processor, postgres = servers.processor_cpu() - before[0], servers.postgres_cpu() - before[1]
    millions = batches * arguments.batch / 1e6
    rate: float = millions * 1e6 / (processor + postgres)
    print(
        f"throughput: {millions * 1e6 / took:>9,.0f} records/s  processor {processor / millions:.2f} s/M"
        f"  PostgreSQL {postgres / millions:.2f} s/M  → {rate:,.0f} records/CPU-s"
    )
    return rate


async def _latency(servers: Servers, payloads: Payloads, rate: int, seconds: float) -> None:
    before, began = servers.processor_cpu(), time.monotonic()
    load = Load(servers.target, payloads, max(1, int(rate * seconds / payloads.records)), rate)
    memory: list[float] = []
    sampling = asyncio.create_task(_sample_memory(servers, memory))
    with probed_disk(servers.folder) as disk:
        await load.run()
    sampling.cancel()
    spent = servers.processor_cpu() - before
    times = sorted(load.logged_seconds)
    p50, p99 = (times[int(len(times) * part)] * 1000 for part in (0.5, 0.99))
    early, late, most = memory[len(memory) // 10], memory[-1], max(memory)
    print(
        f"append → LOGGED at {rate:>7,}/s: p50 {p50:.1f} ms  p99 {p99:.1f} ms  most {times[-1] * 1000:.0f} ms"
        f"  (fdatasync beside it: p99 {disk.p99:.1f} ms, most {disk.most:.0f} ms; processor"
        f" {spent / (time.monotonic() - began):.0%} of a core, {early:.0f} to {late:.0f}, at most {most:.0f} MiB)"
    )


async def _sample_memory(servers: Servers, memory: list[float]) -> None:
    while True:
        memory.append(servers.memory_mib())
        await asyncio.sleep(1)


async def _stored_bytes(servers: Servers) -> float:
    connection = await asyncpg.connect(servers.postgres.dsn("postgres", "logmesh"))
    try:
        return float(
            await connection.fetchval(
                "SELECT sum(pg_total_relation_size(inhrelid)) / (SELECT count(*) FROM logmesh.logs)"
                " FROM pg_inherits WHERE inhparent = 'logmesh.logs'::regclass"
            )
        )
    finally:
        await connection.close()


if __name__ == "__main__":
    main()
