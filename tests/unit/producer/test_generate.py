"""The shop: repeatable, paced, well formed, and with traces that hang together."""

import json
import time
from collections import defaultdict

from logmesh.producer.sources import Chunk
from logmesh.producer.sources.generate import GenerateSource


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def _read(source: GenerateSource, count: int) -> Chunk:
    chunk = await source.read(count, 0)
    assert chunk is not None
    return chunk


async def test_the_same_seed_tells_the_same_story() -> None:
    told = [await _read(GenerateSource({}, rate=0, seed=seed, wall_clock_ns=lambda: 10**18), 500) for seed in (7, 7, 8)]
    assert told[0] == told[1]
    assert told[0] != told[2]


async def test_records_come_at_the_rate_asked_for() -> None:
    clock = Clock()
    source = GenerateSource({}, rate=100, seed=1, clock=clock)
    assert len(await _read(source, 1000)) == 0
    clock.now = 0.5
    assert len(await _read(source, 1000)) == 50
    assert len(await _read(source, 1000)) == 0
    clock.now = 60
    assert len(await _read(source, 1000)) == 100


async def test_it_ends_after_its_count_also_across_a_restart() -> None:
    source = GenerateSource({}, rate=0, seed=1, count=30)
    assert len(await _read(source, 20)) == 20
    source = GenerateSource(source.positions(), rate=0, seed=1, count=30)
    assert len(await _read(source, 20)) == 10
    assert await source.read(20, 0) is None


async def test_traces_go_across_services_and_every_parent_is_a_span_of_theirs() -> None:
    chunk = await _read(GenerateSource({}, rate=0, seed=3), 20_000)
    spans: dict[bytes, set[str]] = defaultdict(set)
    services: dict[bytes, set[bytes]] = defaultdict(set)
    for trace_id, span_id, origin in zip(chunk.trace_ids, chunk.span_ids, chunk.origins, strict=True):
        spans[trace_id].add(span_id.hex())
        services[trace_id].add(origin.service_name)
    assert max(map(len, services.values())) >= 6
    cut_off = chunk.trace_ids[-1]
    for trace_id, attributes in zip(chunk.trace_ids, chunk.attributes, strict=True):
        parent = json.loads(attributes).get("parent_span_id")
        assert parent is None or parent in spans[trace_id] or trace_id == cut_off


async def test_failures_come_in_bursts_with_stack_traces() -> None:
    chunk = await _read(GenerateSource({}, rate=0, seed=5), 50_000)
    errors = [index for index, severity in enumerate(chunk.severities) if severity >= 17]
    assert 0.002 < len(errors) / len(chunk) < 0.1
    by_thousand = [sum(1 for index in errors if index // 1000 == thousand) for thousand in range(50)]
    assert max(by_thousand) > 4 * (sum(by_thousand) / 50)
    assert any(b"Traceback" in body for body in chunk.bodies)
    assert any(b"\n\tat " in body for body in chunk.bodies)
    assert {1, 5, 9, 13, 17, 21} == set(chunk.severities)


async def test_it_is_cheap() -> None:
    source = GenerateSource({}, rate=0, seed=1)
    began = time.process_time()
    await _read(source, 20_000)
    assert 20_000 / (time.process_time() - began) > 50_000
