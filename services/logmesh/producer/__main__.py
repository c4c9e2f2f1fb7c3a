"""``python -m logmesh.producer``: a producer, configured by the environment; SIGTERM and SIGINT drain it."""

import sys

from logmesh.producer.run import main
from logmesh.producer.settings import ProducerSettings
from logmesh.runtime.lifecycle import run

if __name__ == "__main__":
    sys.exit(run("log-producer", ProducerSettings, main))
