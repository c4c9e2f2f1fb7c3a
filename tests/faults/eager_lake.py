"""A processor or a keeper that makes files of few rows, and merges and deletes few and young ones, so that a fault finds some step of
the lake under way at any time: ``python -m tests.faults.eager_lake`` runs the module that EAGER_PROGRAM names."""

import os
import runpy

from logmesh.lake.tending.merge import merge
from logmesh.lake.tending.seal import seal
from logmesh.lake.tending.sweep import sweep
from logmesh.lake.writing import filing

FILE_ROWS = 400
FILES = 4

if __name__ == "__main__":
    filing.FILE_ROWS = FILE_ROWS  # type: ignore[misc]  # a process of its own
    for verb, defaults in (
        (seal, {"seal_bytes": 1 << 16, "seal_seconds": 1.0, "wait_seconds": 1.0}),
        (merge, {"files": FILES}),
        (sweep, {"pending_seconds": 5.0, "dead_seconds": 3.0, "unknown_seconds": 10.0}),
    ):
        assert verb.__kwdefaults__ is not None and verb.__kwdefaults__.keys() >= defaults.keys()
        verb.__kwdefaults__.update(defaults)
    runpy.run_module(os.environ["EAGER_PROGRAM"], run_name="__main__")
