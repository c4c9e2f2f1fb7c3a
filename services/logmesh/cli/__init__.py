"""The `logmesh` command: `up` runs everything here, `ship` sends lines, `search`, `trace` and `status` ask, `acknowledge` answers."""

import os
from typing import Final

GIVEN: Final = dict(os.environ)
"""The environment as the person gave it. What is set from here on is for this process alone."""

# What goes wrong is said in one line; gRPC would add lines of its own. It reads this when it is imported.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
