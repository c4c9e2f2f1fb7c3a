"""Who does not use the lake pays nothing for it: a hundred megabytes of libraries stay out of the process."""

import subprocess
import sys

PROGRAM = """
import sys
import logmesh.processor.process, logmesh.gateway.process
assert not {"pyarrow", "duckdb"} & sys.modules.keys()
import logmesh.processor.writer.lake
assert "pyarrow" in sys.modules and "duckdb" not in sys.modules
"""


def test_processes_that_keep_rows_load_neither_pyarrow_nor_duckdb() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, timeout=100)
