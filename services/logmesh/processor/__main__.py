"""``python -m logmesh.processor``: a processor, configured by the environment; SIGTERM and SIGINT drain it."""

import sys

from logmesh.processor.process import run_processor
from logmesh.processor.settings import ProcessorSettings
from logmesh.runtime.lifecycle import run

if __name__ == "__main__":
    sys.exit(run("log-processor", ProcessorSettings, run_processor))
