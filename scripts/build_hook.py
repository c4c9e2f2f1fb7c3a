"""A build hook of hatch: what is made of other sources than Python's. The dashboard, where it has been built; and what is compiled,
where there is a C compiler with Python's headers. Logmesh works without either."""

import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_READER: Final = Path("services/logmesh/producer/receivers/otlp/reader.c")


class BuildHook(BuildHookInterface[Any]):
    """A wheel carries the dashboard as logmesh/dashboard. An editable install finds it in the clone, as what was compiled."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatch before it collects files."""
        dist = Path(self.root, "services", "dashboard", "dist")
        if version != "editable" and (dist / "index.html").is_file():
            build_data["force_include"][str(dist)] = "logmesh/dashboard"
        library = compiled(Path(self.root, _READER))
        if library is not None and version != "editable":
            build_data["artifacts"].append(str(library.relative_to(self.root)))
            build_data["pure_python"], build_data["infer_tag"] = False, True


def compiled(source: Path) -> Path | None:
    """The extension module that the source was compiled to, beside it; None, with a word about it, where that can't be done here."""
    library = source.with_suffix(str(sysconfig.get_config_var("EXT_SUFFIX")))
    library.unlink(missing_ok=True)
    link = shlex.split(str(sysconfig.get_config_var("LDSHARED")))
    headers = sysconfig.get_path("include")
    command = [*link, "-std=c11", "-O2", "-fPIC", f"-I{headers}", "-o", str(library), str(source)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", "") or error
        print(f"{source.name} is not compiled, and Python does its work more slowly: {reason}", file=sys.stderr)
        return None
    return library
