"""``python -m logmesh.keeper``: a keeper, configured by the environment; SIGTERM and SIGINT end it."""

import sys

from logmesh.keeper.process import run_keeper
from logmesh.keeper.settings import KeeperSettings
from logmesh.runtime.lifecycle import run


def main() -> int:
    """Run until a signal; return the exit status."""
    return run("log-keeper", KeeperSettings, run_keeper)


if __name__ == "__main__":
    sys.exit(main())
