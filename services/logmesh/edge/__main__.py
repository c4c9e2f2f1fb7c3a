"""``python -m logmesh.edge``: write an edge's configuration, as the environment says, to standard output."""

import sys

from pydantic import ValidationError

from logmesh.edge.bootstrap import render
from logmesh.edge.settings import EdgeSettings


def main() -> int:
    """Return the exit code: 0, or 2 for wrong settings."""
    try:
        settings = EdgeSettings()
    except ValidationError as error:
        for problem in error.errors():
            name = "LOGMESH_EDGE_" + "_".join(map(str, problem["loc"])).upper() if problem["loc"] else "settings"
            print(f"edge: {name}: {problem['msg']}", file=sys.stderr)
        return 2
    print(render(settings.options()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
