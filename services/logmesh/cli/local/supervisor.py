"""Starts the parts of the system tier by tier, keeps each running, and stops them in reverse: what was read gets stored.

A part that dies is started again, later each time. A second request to stop kills.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

from logmesh.cli.local.components import Component
from logmesh.cli.local.errors import LocalError

FIRST_DELAY_SECONDS = 0.5
MAX_DELAY_SECONDS = 30.0
# A part that ran this long had started well: its next end is a new story.
WELL_SECONDS = 60.0
# More than any part takes to drain by itself.
DRAIN_SECONDS = 45.0


def next_delay(delay_seconds: float, ran_seconds: float) -> float:
    """How long to wait before the next start, after the last wait and the time that the part ran since."""
    return FIRST_DELAY_SECONDS if ran_seconds >= WELL_SECONDS else min(delay_seconds * 2, MAX_DELAY_SECONDS)


class Supervisor:
    """Owns tiers of components: all of one tier start together, when the tier before is ready."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._tiers: list[Sequence[Component]] = []
        self._keepers: list[asyncio.Task[None]] = []

    async def start(self, tier: Sequence[Component]) -> None:
        """Start one more tier and keep it running. Raises LocalError when a part of it does not get ready."""
        self._tiers.append(tier)
        await asyncio.gather(*(component.start() for component in tier))
        self._keepers += [asyncio.create_task(self._keep(component)) for component in tier]

    async def stop(self, hurry: asyncio.Event) -> None:
        """Stop tier by tier, the last one first; kill what is left when `hurry` is set."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        self._keepers.clear()
        while self._tiers:
            tier = self._tiers.pop()
            await asyncio.gather(*(self._stop(component, hurry) for component in tier))

    async def _stop(self, component: Component, hurry: asyncio.Event) -> None:
        draining = asyncio.create_task(component.stop(now=hurry.is_set()))
        hurrying = asyncio.create_task(hurry.wait())
        await asyncio.wait({draining, hurrying}, timeout=DRAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        hurrying.cancel()
        if not draining.done():
            if not hurry.is_set():
                self._say(f"{component.name} did not stop within {DRAIN_SECONDS:.0f} s and is killed")
            await component.stop(now=True)
        await draining

    async def _keep(self, component: Component) -> None:
        delay = FIRST_DELAY_SECONDS / 2
        started = time.monotonic()
        while True:
            status = await component.ended()
            delay = next_delay(delay, time.monotonic() - started)
            how = f"was killed by signal {-status}" if status < 0 else f"stopped with status {status}"
            self._say(f"{component.name} {how}: it starts again in {delay:g} s")
            while True:
                await asyncio.sleep(delay)
                started = time.monotonic()
                try:
                    await component.start()
                except (LocalError, OSError) as error:  # also what the disk refuses: it may be mended
                    delay = next_delay(delay, 0)
                    self._say(f"{error}: next attempt in {delay:g} s")
                    await component.stop(now=True)
                    continue
                self._say(f"{component.name} is up again")
                break
