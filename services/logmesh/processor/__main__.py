"""``python -m logmesh.processor``: a processor, configured by the environment; SIGTERM and SIGINT drain it."""

import sys

from logmesh.processor.process import run_processor
from logmesh.processor.settings import ProcessorSettings
from logmesh.runtime.lifecycle import run


def main() -> int:
    """Run until a signal; return the exit status."""
    return run("log-processor", ProcessorSettings, run_processor)


if __name__ == "__main__":
    sys.exit(main())
