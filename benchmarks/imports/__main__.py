"""The command line."""

import argparse
import tempfile
from pathlib import Path

from scripts.running import running

import benchmarks.imports
from benchmarks.imports.large import ship_large
from benchmarks.imports.samples import ship_samples

_LOOPBACK = "127.0.79"


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(
        description=benchmarks.imports.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=Path, metavar="FOLDER", help="unset: none are shipped")
    parser.add_argument("--gigabytes", type=float, default=0, help="of JSON lines in the large file (default 0: none)")
    options = parser.parse_args()
    well = True
    with tempfile.TemporaryDirectory(prefix="logmesh-bench-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL may run as another user
        data = Path(folder) / "data"
        with running(data, _LOOPBACK, "--store", "lake", "--processors", "1", "--producers", "0"):
            api = f"http://{_LOOPBACK}.1:8080"
            if options.samples:
                well = ship_samples(options.samples, data, api)
            if options.gigabytes:
                ship_large(Path(folder), int(options.gigabytes * 1e9), data, api)
    if not well:
        raise SystemExit("not all of the samples were found where they belong")


if __name__ == "__main__":
    main()
