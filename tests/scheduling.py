"""Which tests go to one process of several: those of a file, and of all files that share a `logmesh up`."""

from xdist.scheduler import LoadFileScheduling

SHARE_UP = {f"tests/e2e/test_{name}.py" for name in ("alerts", "client_docs", "edge", "readme", "ship", "up")}


class Scheduling(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """Whole files; what takes ten seconds of CPU to start is started once."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return "up" if file in SHARE_UP else file
