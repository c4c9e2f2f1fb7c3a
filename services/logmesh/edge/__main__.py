"""``python -m logmesh.edge``: write an edge's configuration, as the environment says, to standard output.

Where the edge has certificates, files that name them are written beside, to ``LOGMESH_EDGE_SECRETS_FOLDER``.
"""

import sys

from pydantic import ValidationError

from logmesh.edge.bootstrap import render
from logmesh.edge.secrets import secret_files
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
    options = settings.options()
    try:
        for path, text in secret_files(options).items():
            path.write_text(text)
    except OSError as error:
        print(f"edge: LOGMESH_EDGE_SECRETS_FOLDER: {error}", file=sys.stderr)
        return 2
    print(render(options))
    return 0


if __name__ == "__main__":
    sys.exit(main())
