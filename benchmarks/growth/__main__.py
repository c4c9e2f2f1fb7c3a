"""The command line: each part has a lake of its own."""

import argparse
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

import benchmarks.growth
from benchmarks.growth import instances, records, tenants
from benchmarks.growth.grown import Grown, grown
from logmesh.runtime.memory import collect_seldom


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(
        description=benchmarks.growth.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", help="of records, tenants, instances (default: all)")
    parser.add_argument(
        "--records",
        type=int,
        nargs="+",
        default=[1_000_000, 5_000_000, 20_000_000],
        help="when the month is looked at; the last one makes it full (default 1,000,000 5,000,000 20,000,000)",
    )
    parser.add_argument("--tenants", type=int, default=1_000)
    parser.add_argument("--seconds", type=int, default=600, help="of the tenants' records (default 600)")
    parser.add_argument("--instances", type=int, default=50_000)
    options = parser.parse_args()
    parts: dict[str, Callable[[Grown], Awaitable[None]]] = {
        "records": lambda lake: records.run(lake, sorted(options.records)),
        "tenants": lambda lake: tenants.run(lake, options.tenants, options.seconds),
        "instances": lambda lake: instances.run(lake, options.instances),
    }
    if unknown := set(options.parts) - set(parts):
        parser.error(f"unknown: {', '.join(unknown)}")
    collect_seldom()  # as a processor does
    for part in options.parts or parts:
        with tempfile.TemporaryDirectory(prefix="logmesh-bench-") as folder:
            Path(folder).chmod(0o755)  # PostgreSQL may run as another user
            uvloop.run(_run(Path(folder), parts[part]))


async def _run(folder: Path, part: Callable[[Grown], Awaitable[None]]) -> None:
    async with grown(folder) as lake:
        await part(lake)


if __name__ == "__main__":
    main()
