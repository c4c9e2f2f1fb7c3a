"""What is known of a node's pods: written by the watch, read by the thread that reads files.

A pod's logs may be read after the pod is gone, so that it is remembered for a while. One that is not known yet is waited for, for so
short a time that nobody misses its logs.
"""

import threading
from collections.abc import Callable, Iterable
from typing import Final

from logmesh.producer.containers.kubelet import Place
from logmesh.producer.containers.pod import Pod
from logmesh.runtime import metrics

MOST_PODS: Final = 4_096
"""Most pods that are remembered, gone ones included."""

KEEP_SECONDS: Final = 3_600.0
"""How long a pod is remembered that is gone."""

WAIT_SECONDS: Final = 2.0
"""How long the logs of a pod that is not known yet wait for the API server to name it."""

_MOST_ASKED: Final = 10_000
_GIVEN_UP: Final = float("-inf")


class NotYet(Exception):
    """Whose log it is will be known in a moment, or not at all: ask again."""


class Pods:
    """Any thread may ask and tell. `clock` gives seconds."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        most: int = MOST_PODS,
        keep_seconds: float = KEEP_SECONDS,
        wait_seconds: float | None = None,
    ) -> None:
        self._clock, self._most, self._keep_seconds = clock, most, keep_seconds
        self._wait_seconds = WAIT_SECONDS if wait_seconds is None else wait_seconds
        self._guard = threading.Lock()
        self._there: dict[str, Pod] = {}
        # With the time when they were seen to be gone, the first one first.
        self._gone: dict[str, tuple[float, Pod]] = {}
        # When pods were first asked for that are not known.
        self._asked: dict[str, float] = {}
        self._failure: BaseException | None = None
        self.changes = 0
        """Counts what was told: as long as it is the same, so is each answer of `find`."""

    def fail(self, why: BaseException | None) -> None:
        """Nobody tells of pods any more, which is a mistake in the program: whoever asks for one gets it raised."""
        self._failure = why
        self.changes += 1

    def __len__(self) -> int:
        return len(self._there) + len(self._gone)

    def all(self) -> list[Pod]:
        """Those that are there, and those that are remembered."""
        with self._guard:
            return [*(pod for _, pod in self._gone.values()), *self._there.values()]

    def remember(self, pods: Iterable[Pod]) -> None:
        """What is known from before: for a while, unless it is told again."""
        with self._guard:
            now = self._clock()
            self._gone |= {pod.key: (now, pod) for pod in pods if pod.key not in self._there}
            self._prune()

    def find(self, place: Place) -> Pod | None:
        """The pod whose log is at `place`; None for one that will not be known. Raises NotYet."""
        if self._failure is not None:
            raise self._failure
        with self._guard:
            pod = self._there.get(place.uid) or self._gone.get(place.uid, (0.0, None))[1]
            if pod is not None:
                self._asked.pop(place.uid, None)
                return pod
            now = self._clock()
            since = self._asked.setdefault(place.uid, now)
            if now - since < self._wait_seconds:
                raise NotYet
            if since != _GIVEN_UP:
                self._asked[place.uid] = _GIVEN_UP
                metrics.PODS_UNKNOWN.inc()
            while len(self._asked) > _MOST_ASKED:
                del self._asked[next(iter(self._asked))]
            return None

    def put(self, pod: Pod) -> None:
        """A pod is there, or has changed; most changes are of its state, of which nothing is remembered."""
        with self._guard:
            is_change = self._there.get(pod.key) != pod
            self._gone.pop(pod.key, None)
            self._there[pod.key] = pod
            self._prune(is_change=is_change)

    def lose(self, pod: Pod) -> None:
        """A pod was deleted; `pod` is how it was at last."""
        with self._guard:
            there = self._there.get(pod.key, pod)
            if there.uid == pod.uid:  # else another has taken the place of a static pod
                self._there.pop(pod.key, None)
                self._gone[pod.key] = self._clock(), pod
            self._prune()

    def replace(self, pods: Iterable[Pod]) -> None:
        """These are the pods that are there; others are gone."""
        there = {pod.key: pod for pod in pods}
        with self._guard:
            now = self._clock()
            for key, pod in self._there.items():
                if key not in there:
                    self._gone[key] = now, pod
            for key in there:
                self._gone.pop(key, None)
            self._there = there
            self._prune()

    def _prune(self, *, is_change: bool = True) -> None:
        before = len(self)
        until = self._clock() - self._keep_seconds
        while self._gone and (next(iter(self._gone.values()))[0] <= until or len(self) > self._most):
            del self._gone[next(iter(self._gone))]
        while len(self._there) > self._most:
            del self._there[next(iter(self._there))]
        self.changes += is_change or len(self) < before
        metrics.PODS_KNOWN.set(len(self))
