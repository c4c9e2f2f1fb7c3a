"""Faults, drawn at random, on what stands behind a sender's address."""

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Mapping

from tests.faults.senders.cluster import ReceiverCluster

from logmesh.producer.run import EXIT_LEFT

SILENT = "tests.faults.senders.silent_receiver"
_FIRST = "kill receivers before they answer"
WEIGHTS = {
    "kill a receiver": 8,
    "kill all receivers": 2,
    _FIRST: 2,
    "kill a processor": 4,
    "stop a receiver by SIGTERM": 2,
    "stop a receiver while no processor lives": 1,
    "pause a receiver": 1,
    "crash PostgreSQL": 1,
    "kill everything": 1,
}
"""How often each fault is drawn, against the others."""
_SILENT_SECONDS = 8.0
_PAUSE_SECONDS = 0.3, 2.0
_DRAIN_SECONDS = 40.0


class Faults:
    """`run` draws faults until it is cancelled or `most` have been; `counts` says how many of each. All are overcome when it ends."""

    def __init__(
        self, cluster: ReceiverCluster, seed: int, every_seconds: float, weights: Mapping[str, int] = WEIGHTS
    ) -> None:
        """Faults without a weight do not come."""
        self._every_seconds, self._weights = every_seconds, weights
        self._cluster, self._choice = cluster, random.Random(seed)
        self.counts: Counter[str] = Counter()
        self._faults = {
            "kill a receiver": self._kill_receiver,
            "kill all receivers": self._kill_receivers,
            _FIRST: self._silence_receivers,
            "kill a processor": self._kill_processor,
            "stop a receiver by SIGTERM": self._end_receiver,
            "stop a receiver while no processor lives": self._end_receiver_alone,
            "pause a receiver": self._pause_receiver,
            "crash PostgreSQL": self._crash_postgres,
            "kill everything": self._kill_everything,
        }

    async def run(self, until: "asyncio.Task[None]", most: int) -> None:
        """Draw faults while the sender sends, and at most that many, about `every_seconds`; the first makes it repeat a request."""
        names, weights = list(self._weights), list(self._weights.values())
        while not until.done() and self.counts.total() < most:
            (name,) = self._choice.choices(names, weights) if self.counts else [_FIRST]
            await asyncio.to_thread(self._faults[name])
            self.counts[name] += 1
            await asyncio.wait({until}, timeout=self._choice.uniform(0.2, 1.8) * self._every_seconds)

    def _kill_receiver(self) -> None:
        self._kill([self._choice.choice(self._cluster.receiver_names)])

    def _kill_receivers(self) -> None:
        self._kill(self._cluster.receiver_names)

    def _silence_receivers(self) -> None:
        """Each has a request in its spool, the same one where a sender has one at a time, and has answered none."""
        for name in self._cluster.receiver_names:
            self._cluster.kill(name)
            self._cluster.start_receiver(name, program=SILENT)
        ends = time.monotonic() + _SILENT_SECONDS
        for name in self._cluster.receiver_names:
            with contextlib.suppress(subprocess.TimeoutExpired):  # it had nothing to answer
                self._cluster.running[name].wait(max(0, ends - time.monotonic()))
        self._kill(self._cluster.receiver_names)

    def _kill_processor(self) -> None:
        self._kill([self._choice.choice(self._cluster.names)])

    def _kill_everything(self) -> None:
        self._kill(self._cluster.receiver_names + self._cluster.names)

    def _crash_postgres(self) -> None:
        self._cluster.kill_postgres()

    def _pause_receiver(self) -> None:
        pid = self._cluster.running[self._choice.choice(self._cluster.receiver_names)].pid
        os.kill(pid, signal.SIGSTOP)
        time.sleep(self._choice.uniform(*_PAUSE_SECONDS))
        os.kill(pid, signal.SIGCONT)

    def _end_receiver(self) -> None:
        """As a rollout does: it says by its exit code whether something is left in its spool."""
        name = self._choice.choice(self._cluster.receiver_names)
        process = self._cluster.running.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(_DRAIN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(f"{name} had not ended {_DRAIN_SECONDS:g} s after SIGTERM") from None
        # One that has not set up its handler yet is ended by the signal itself.
        if code not in (0, EXIT_LEFT, -signal.SIGTERM):
            raise AssertionError(f"{name} ended with code {code} after SIGTERM: {self._cluster.output(name)[-2_000:]}")
        self.counts[f"exit code {code}"] += 1
        self._cluster.start_receiver(name)

    def _end_receiver_alone(self) -> None:
        """Then it leaves something in its spool, and says so."""
        for name in self._cluster.names:
            self._cluster.kill(name)
        self._end_receiver()
        for name in self._cluster.names:
            self._cluster.start_processor(name)

    def _kill(self, names: list[str]) -> None:
        for name in names:
            self._cluster.kill(name)
        for name in names:
            if name in self._cluster.receiver_names:
                self._cluster.start_receiver(name)
            else:
                self._cluster.start_processor(name)
