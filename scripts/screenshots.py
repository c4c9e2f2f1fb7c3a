"""``make screenshots``: every page of the dashboard, in each state, width and theme, as PNGs in screenshots/.

Starts a Logmesh of its own, lets the generator fill it, and stops it at the end.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripts.chromium import find_chromium
from scripts.dashboard import DASHBOARD, MODULES, BuildFailed, build
from scripts.node import ROOT, NodeMissing, require_node
from scripts.running import running

# A network of its own, so that a Logmesh that runs here already is left alone.
LOOPBACK = "127.0.77"
_LIMIT_SECONDS = 900


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "screenshots", help="folder of the PNGs")
    parser.add_argument(
        "--fill-seconds", type=float, default=60, help="how long the generator runs before the first one"
    )
    options = parser.parse_args()
    chromium = find_chromium()
    if not chromium:
        sys.exit("make screenshots: no Chromium: apt install chromium, or set LOGMESH_CHROMIUM")
    try:
        node = require_node()
        build(node)
    except (NodeMissing, BuildFailed) as failure:
        sys.exit(f"make screenshots: {failure}")
    with tempfile.TemporaryDirectory(prefix="logmesh-screenshots-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL may run as another user
        with running(Path(folder) / "data", LOOPBACK, "--canary", "20", "--producers", "2") as url:
            time.sleep(options.fill_seconds)
            environment = node.environment(MODULES / ".bin") | {
                "LOGMESH_DASHBOARD": url,
                "LOGMESH_CHROMIUM": chromium,
                "LOGMESH_SCREENSHOTS": str(options.out.resolve()),
            }
            command = [str(node.program), "e2e/run.mjs", "e2e/screenshots.ts"]
            done = subprocess.run(command, cwd=DASHBOARD, env=environment, timeout=_LIMIT_SECONDS, check=False)
    print(f"{len(list(options.out.glob('*.png')))} pictures in {options.out}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
