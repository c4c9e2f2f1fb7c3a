"""The sizes of the built dashboard, gzipped as the edge sends it, beside their targets. Exits 1 where one is missed."""

import gzip
import re
import sys
from pathlib import Path

from scripts.dashboard import DIST

INITIAL_KB, ROUTE_KB, WORKER_KB = 240, 40, 25
"""Targets in kB (1,000 bytes)."""
_COMPRESSION_LEVEL = 6


def sizes(dist: Path) -> list[tuple[str, float, int]]:
    """What is loaded, its size and its target, both in kB: the initial JavaScript, each later chunk, each worker."""
    index = (dist / "index.html").read_text()
    initial = {Path(name).name for name in re.findall(r'(?:src|href)="[^"]*/([^"/]+\.js)"', index)}
    scripts = {path.name: _kilobytes(path) for path in sorted((dist / "assets").glob("*.js"))}
    table = [("initial", sum(scripts[name] for name in initial), INITIAL_KB)]
    for name, size in scripts.items():
        if name not in initial:
            table.append((name, size, WORKER_KB if "worker" in name else ROUTE_KB))
    return table


def _kilobytes(path: Path) -> float:
    return len(gzip.compress(path.read_bytes(), _COMPRESSION_LEVEL)) / 1000


def main() -> int:
    missed = False
    print(f"{'JavaScript, gzipped':<40}{'kB':>8}{'target':>8}")
    for name, size, target in sizes(DIST):
        missed |= size > target
        print(f"{name:<40}{size:>8.1f}{target:>8}{'  MISSED' if size > target else ''}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
