"""Plays a shop under load: requests across services with their traces, versions, bad minutes and stack traces.

The same seed gives the same records but for their times. One core gives well over 50,000 records a second.
"""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from typing import Final

from logmesh.producer.sources import Chunk, Position
from logmesh.producer.sources.shop import REQUESTS, SERVICES, Message, Step
from logmesh.record.columns import OriginKey
from logmesh.record.json_text import dump_json

_KEY: Final = "generate"
_CALM_FAILURES: Final = 0.004
_BURST_FAILURES: Final = 0.35
_BURST_BEGINS: Final = 1 / 400
_BURST_REQUESTS: Final = 60
_UPSTREAMS: Final = (b"checkout", b"cart", b"payment", b"inventory", b"catalog")
# What a pause may be made up for: more would be a flood that no shop makes.
_MAX_CATCH_UP_SECONDS: Final = 1.0


class GenerateSource:
    """`rate` records a second, as many as are asked for when 0; ends after `count`, never when 0.

    `seed` 0 stands for a random one. Restored positions only carry on the count.
    """

    def __init__(
        self,
        positions: Mapping[str, Position],
        *,
        rate: float = 200.0,
        seed: int = 0,
        count: int = 0,
        clock: Callable[[], float] = time.monotonic,
        wall_clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._rate = rate
        self._count = count
        self._clock = clock
        self._wall_clock_ns = wall_clock_ns
        self._random = random.Random(seed or None)  # noqa: S311 - a play, not a secret
        self._origins = _origins(self._random)
        self._handed_out = int(positions.get(_KEY, {}).get("count", 0))
        self._credit = 0.0
        self._credited_at = clock()
        self._waiting = Chunk()
        self._taken = 0
        self._burst_left = 0
        self._burst_service = ""

    async def read(self, limit: int, wait_seconds: float) -> Chunk | None:
        """See `Source.read`."""
        if self._count:
            limit = min(limit, self._count - self._handed_out)
            if limit <= 0:
                return None
        allowed = self._allowance(limit)
        if allowed < 1:
            await asyncio.sleep(min(wait_seconds, (1 - self._credit) / self._rate))
            allowed = self._allowance(limit)
        return self._hand_out(allowed) if allowed >= 1 else Chunk()

    def positions(self) -> dict[str, Position]:
        """See `Source.positions`."""
        return {_KEY: {"count": self._handed_out}}

    async def close(self) -> None:
        """See `Source.close`."""

    def _allowance(self, limit: int) -> int:
        if not self._rate:
            return limit
        now = self._clock()
        self._credit += (now - self._credited_at) * self._rate
        self._credit = min(self._credit, max(1.0, self._rate * _MAX_CATCH_UP_SECONDS))
        self._credited_at = now
        return min(limit, int(self._credit))

    def _hand_out(self, count: int) -> Chunk:
        while len(self._waiting) - self._taken < count:
            if self._taken:
                self._waiting, self._taken = _part(self._waiting, self._taken, len(self._waiting)), 0
            self._request(self._wall_clock_ns())
        chunk = _part(self._waiting, self._taken, self._taken + count)
        self._taken += count
        self._credit -= count
        self._handed_out += count
        chunk.positions = {_KEY: {"count": self._handed_out}}
        return chunk

    def _request(self, now_unix_nano: int) -> None:
        """Adds the records of one request that has just ended."""
        chance = self._random
        steps = REQUESTS[int(chance.random() * len(REQUESTS))]
        values = request_values(chance)
        failing = self._failing_step(steps)
        values[b"upstream"] = steps[failing].service.encode() if failing >= 0 else _UPSTREAMS[0]
        trace_id = chance.randbytes(16)
        spans = [chance.randbytes(8) for _ in steps]
        # Whoever called a failing step fails with it.
        failed = set()
        while failing >= 0:
            failed.add(failing)
            failing = steps[failing].parent
        at = now_unix_nano - int(values[b"ms"]) * 1_000_000  # type: ignore[call-overload]
        for index, step in enumerate(steps):
            origins = self._origins[step.service]
            origin = origins[int(chance.random() * len(origins))]
            parent = b'"parent_span_id":"%b"' % spans[step.parent].hex().encode() if step.parent >= 0 else b""
            for message in (step.failure,) if index in failed else step.messages:
                at += 137_000 + int(chance.random() * 2_000_000)
                self._say(message, values, at, trace_id, spans[index], parent, origin)

    def _say(
        self,
        message: Message,
        values: dict[bytes, object],
        time_unix_nano: int,
        trace_id: bytes,
        span_id: bytes,
        parent: bytes,
        origin: OriginKey,
    ) -> None:
        waiting = self._waiting
        attributes = message.attributes % values
        if parent:
            attributes = b"%b,%b" % (attributes, parent) if attributes else parent
        waiting.times.append(time_unix_nano)
        waiting.severities.append(message.severity)
        waiting.severity_texts.append(message.level)
        waiting.bodies.append(message.body % values)
        waiting.attributes.append(b"{%b}" % attributes if attributes else b"")
        waiting.trace_ids.append(trace_id)
        waiting.span_ids.append(span_id)
        waiting.origins.append(origin)

    def _failing_step(self, steps: tuple[Step, ...]) -> int:
        """Which step fails, -1 for none: rarely, but for a while often in one service."""
        chance = self._random
        if self._burst_left:
            self._burst_left -= 1
            if chance.random() < _BURST_FAILURES:
                return next((index for index, step in enumerate(steps) if step.service == self._burst_service), -1)
        elif chance.random() < _BURST_BEGINS:
            self._burst_left = _BURST_REQUESTS
            self._burst_service = chance.choice(SERVICES).name
        return int(chance.random() * len(steps)) if chance.random() < _CALM_FAILURES else -1


def request_values(chance: random.Random) -> dict[bytes, object]:
    """What the templates of one request may name."""
    return {
        b"user": int(chance.random() * 90_000) + 10_000,
        b"order": int(chance.random() * 900_000) + 100_000,
        b"sku": int(chance.random() * 4_000) + 1_000,
        b"quantity": int(chance.random() * 5) + 1,
        b"amount": int(chance.random() * 300) + 5,
        b"cents": int(chance.random() * 100),
        b"ms": int(chance.expovariate(1 / 60)) + 3,
    }


def _origins(chance: random.Random) -> dict[str, list[OriginKey]]:
    origins: dict[str, list[OriginKey]] = {}
    for service in SERVICES:
        for number in range(service.instances):
            pod = f"{service.name}-{chance.getrandbits(36):09x}-{chance.getrandbits(20):05x}"
            version = service.versions[number % len(service.versions)]
            resource = {
                "service.version": version,
                "k8s.namespace.name": "shop",
                "k8s.pod.name": pod,
                "k8s.node.name": f"node-{number % 3}",
            }
            key = OriginKey(service.name.encode(), pod.encode(), dump_json(resource), service.scope.encode())
            origins.setdefault(service.name, []).append(key)
    return origins


def _part(chunk: Chunk, start: int, stop: int) -> Chunk:
    return Chunk(
        chunk.times[start:stop],
        chunk.severities[start:stop],
        chunk.severity_texts[start:stop],
        chunk.bodies[start:stop],
        chunk.attributes[start:stop],
        chunk.trace_ids[start:stop],
        chunk.span_ids[start:stop],
        chunk.origins[start:stop],
    )
