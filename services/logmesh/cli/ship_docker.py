"""Where Docker keeps the logs of its containers, for `logmesh ship --docker`."""

import glob
import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

from logmesh.cli.local.errors import LocalError

DEFAULT_ROOT: Final = Path("/var/lib/docker")


def docker_pattern(root: Path, follow: bool, command: str) -> str:
    """A glob of all containers' logs below Docker's folder `root`, rotated ones too. Raises LocalError where they can't be looked at,
    or where there are none and nobody waits for one. `command` is what was run, to be run otherwise.
    """
    folder = root.expanduser().absolute() / "containers"
    pattern = f"{glob.escape(str(folder))}/*/*-json.log*"
    try:
        with os.scandir(folder) as found:
            containers = [Path(entry) for entry in found if entry.is_dir()]
        for container in containers[:1]:
            os.listdir(container)  # noqa: PTH208 - whether it may be
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LocalError(
            f"there is no {folder}; say with --docker-root what `docker info --format '{{{{.DockerRootDir}}}}'` prints"
        ) from error
    except PermissionError as error:
        raise LocalError(f"{folder} is for root alone: sudo {command}") from error
    except OSError as error:
        raise LocalError(f"can't look into {folder}: {error.strerror or error}") from error
    if not follow and not glob.glob(pattern):  # noqa: PTH207 - a pattern of another's making
        raise LocalError(
            f"none of the {len(containers)} containers below {folder} has a json-file; --follow waits for one. Docker writes them where"
            " `docker info --format '{{.LoggingDriver}}'` prints json-file"
        )
    return pattern


def command_again(data_dir: Path, root: Path, *more: str) -> str:
    """The command that does the same when somebody else runs it, whose home and path are others."""
    program = shutil.which("logmesh") or f"{shlex.quote(sys.executable)} -m logmesh.cli"
    options = ["--data-dir", str(data_dir), *([] if root == DEFAULT_ROOT else ["--docker-root", str(root)]), *more]
    return f"{program} ship --docker {shlex.join(options)}"
