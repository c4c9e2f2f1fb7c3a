"""One tail: its two sides, and the line that both put into."""

import asyncio

from logmesh.gateway.tail.coverage import Heard
from logmesh.gateway.tail.line import Line
from logmesh.gateway.tail.live import Live
from logmesh.gateway.tail.loader import Loader
from logmesh.gateway.tail.processors import Processors
from logmesh.gateway.tail.readings import Readings
from logmesh.gateway.tail.standing import Standing
from logmesh.gateway.tail.stored import Stored


class Tail:
    """`run` feeds the line, which is what a client is sent. `standing` is how far it has been told."""

    def __init__(
        self,
        tenant: str,
        filter_text: str,
        standing: Standing,
        loader: Loader,
        readings: Readings,
        processors: Processors,
        *,
        from_the_past: bool,
    ) -> None:
        heard = Heard()
        self.line = Line(standing, filter_text)
        self._stored = Stored(standing, loader, readings, self.line, heard, from_the_past=from_the_past)
        self._live = Live(tenant, filter_text, processors, self.line, heard, self._stored)
        self._stored.on_failure = self._live.say_who_is_away

    async def run(self) -> None:
        """Follow processors and store until cancelled; processors once the past was told."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._stored.run())
            await self._stored.caught_up.wait()
            group.create_task(self._live.run())
