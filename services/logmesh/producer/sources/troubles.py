"""Files that can't be read as they should: each is said once, counted while it lasts, and said again when it is over."""

from collections.abc import Callable, Sequence, Set
from pathlib import Path
from typing import Final, Literal

import structlog

from logmesh.runtime import metrics

log = structlog.get_logger()

Kind = Literal["unreadable", "stuck"]
_MAX_TOLD: Final = 10_000
"""How many files are remembered as told; beyond that, they are told again."""


class Troubles:
    """`tell(what)` hears of each, in words. Any thread."""

    def __init__(self, tell: Callable[[str], None] | None = None) -> None:
        self._tell = tell
        self._now: dict[Path, Kind] = {}
        self._damaged = 0
        self._said_none_match = False

    def __len__(self) -> int:
        """Files of which something can't be read: now, or for good."""
        return len(self._now) + self._damaged

    def none_match(self, patterns: Sequence[str]) -> None:
        """There is no file to read, or no permission to look into its folder; said once."""
        if not self._said_none_match:
            self._said_none_match = True
            log.warning(
                "no file matches yet, or its folder may not be looked into", event_name="no_files", patterns=patterns
            )

    def unreadable(self, path: Path, error: OSError) -> None:
        """A file can't be opened or read; it is tried again."""
        self._begin(path, "unreadable", f"{path} can't be read: {error.strerror or error}")

    def stuck(self, path: Path, seconds: float) -> None:
        """A look at a file has not come back for so long; the others are read meanwhile."""
        self._begin(path, "stuck", f"{path} does not answer for {seconds:.0f} s; other files are read meanwhile")

    def over(self, path: Path, kind: Kind) -> None:
        """What was wrong with a file is over, if anything was."""
        if self._now.get(path) == kind:
            del self._now[path]
            self._show()
            log.warning("a file can be read again", event_name="file_readable", path=str(path))

    def only(self, there: Set[Path]) -> None:
        """These are the files that there are: what could not be read and is gone is no trouble any more."""
        for path in [path for path, kind in self._now.items() if kind == "unreadable" and path not in there]:
            del self._now[path]
            self._show()

    @property
    def any_now(self) -> bool:
        """Whether anything is wrong just now."""
        return bool(self._now)

    def damaged(self, path: Path, why: str) -> None:
        """A compressed file was read up to where it is damaged; the rest will never come."""
        self._damaged += 1
        metrics.FILES_DAMAGED.inc()
        log.error(
            "a file is damaged, what precedes the damage was read", event_name="file_damaged", path=str(path), error=why
        )
        if self._tell is not None:
            self._tell(f"{path} is damaged: {why}; what precedes the damage is sent")

    def note(self, what: str) -> None:
        """Something about a file that keeps nobody from reading it."""
        log.warning("something about a file could not be read", event_name="file_noted", what=what)
        if self._tell is not None:
            self._tell(what)

    def _begin(self, path: Path, kind: Kind, what: str) -> None:
        if path in self._now:
            return
        if len(self._now) >= _MAX_TOLD:
            self._now.clear()
        self._now[path] = kind
        self._show()
        log.warning("a file can't be read, it is tried again", event_name=f"file_{kind}", path=str(path), error=what)
        if self._tell is not None:
            self._tell(what)

    def _show(self) -> None:
        kinds = list(self._now.values())
        for kind in ("unreadable", "stuck"):
            metrics.FILES_UNREAD.labels(kind).set(kinds.count(kind))
