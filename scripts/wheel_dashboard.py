"""A build hook of hatch: the wheel carries the dashboard as logmesh/dashboard, where it has been built."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DashboardHook(BuildHookInterface[Any]):
    """Adds the built files to the wheel. An editable install finds them in the clone."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatch before it collects files."""
        dist = Path(self.root, "services", "dashboard", "dist")
        if version != "editable" and (dist / "index.html").is_file():
            build_data["force_include"][str(dist)] = "logmesh/dashboard"
