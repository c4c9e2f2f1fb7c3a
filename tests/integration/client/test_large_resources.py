"""Records that each name a large resource, and loggers that share one: each batch is one that a processor takes."""

import asyncio
from pathlib import Path

import pytest
from tests.integration.processor.running import RunningProcessor

from logmesh import Appender, Record


@pytest.mark.parametrize("on_disk", [True, False], ids=["spool", "memory"])
async def test_large_resources_are_sent_in_batches_that_a_processor_takes(
    processor: RunningProcessor, tmp_path: Path, on_disk: bool
) -> None:
    def work() -> None:
        shared = {"k8s.pod.annotations": "b" * 60_000}
        spool = tmp_path / "spool" if on_disk else None
        with Appender(processor.target, service="s", resource=shared, spool=spool) as appender:
            appender.append("one before")
            for n in range(900):
                resource = {"k8s.pod.name": f"pod-{n}", "k8s.pod.annotations": "a" * 5_000}
                appender.append(Record(body=f"of pod {n}", resource=resource))
            for n in range(150):
                appender.append(Record(body=f"of logger {n}", scope=f"logger-{n}"))
            appender.append("one after")
            appender.flush(60)

    await asyncio.to_thread(work)
    expected = [
        "one before",
        "one after",
        *(f"of pod {n}" for n in range(900)),
        *(f"of logger {n}" for n in range(150)),
    ]
    assert sorted(await processor.bodies()) == sorted(expected)
