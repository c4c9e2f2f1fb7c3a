"""``python -m logmesh.producer``: a producer, configured by the environment; SIGTERM and SIGINT drain it."""

import sys

from logmesh.producer.run import produce
from logmesh.producer.settings import ProducerSettings
from logmesh.runtime.lifecycle import run


def main() -> int:
    """Run until a signal; return the exit status."""
    return run("log-producer", ProducerSettings, produce)


if __name__ == "__main__":
    sys.exit(main())
