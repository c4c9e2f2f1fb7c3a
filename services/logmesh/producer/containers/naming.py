"""Finds whose log a file is, by its path: a pod's, Docker's, or nobody's."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from logmesh.producer.containers.container import Container
from logmesh.producer.containers.docker import DockerContainers
from logmesh.producer.containers.kubelet import Place, place_of
from logmesh.producer.containers.pods import Pods

_MOST_KNOWN: Final = 4_096
_MOST_FAULTS: Final = 1_000
"""How many faults are remembered as told; beyond that, they are told again."""


class Naming:
    """Answers from memory, or from a small file beside the log. `tell(what)` hears, once each, of what can't be read."""

    def __init__(self, clock: Callable[[], float], tell: Callable[[str], None], pods: Pods | None = None) -> None:
        self._docker = DockerContainers(clock, tell)
        self._pods = pods
        # Asked at each look at each file, also where nothing happens.
        self._place_of = lru_cache(_MOST_KNOWN)(place_of)
        self._as_of = lru_cache(_MOST_KNOWN)(self._look)
        self._tell = tell
        self._told: set[str] = set()

    def container_of(self, path: str) -> Container | None:
        """The container that writes to `path`; None where it is no container's log. Raises NotYet for one of a pod that may be known
        in a moment."""
        place = self._place_of(path)
        container = self._docker.container_of(path) if place is None else self._of_pod(place)
        if container is not None and container.hints.faults:
            self._tell_faults(container)
        return container

    def _of_pod(self, place: Place) -> Container:
        return self._as_of(place, 0 if self._pods is None else self._pods.changes)

    def _look(self, place: Place, _changes: int) -> Container:
        """The container as it is known since so many changes."""
        pod = self._pods.find(place) if self._pods is not None else None
        return place.container_by_path() if pod is None else pod.container_at(place)

    def _tell_faults(self, container: Container) -> None:
        for fault in container.hints.faults:
            what = f"{container.instance}: {fault}; it is as if nothing was said"
            if what not in self._told:
                if len(self._told) >= _MOST_FAULTS:
                    self._told.clear()
                self._told.add(what)
                self._tell(what)
