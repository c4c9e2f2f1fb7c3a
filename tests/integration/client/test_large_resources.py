"""Records that each name a large resource, and loggers that share one: each batch is one that a processor takes,
and one of an earlier release that is none holds nothing up."""

import asyncio
from pathlib import Path

import pytest
from tests.integration.processor.running import RunningProcessor

from logmesh import Appender, Record
from logmesh.client.delivering.spool import Spool
from logmesh.client.errors import AppendRefused
from logmesh.record.columns import ColumnsBuilder


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


async def test_a_batch_that_is_too_large_for_a_processor_is_set_aside(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    spool = Spool(tmp_path / "spool", max_bytes=64 << 20, retain_seconds=0)
    for body, count in (("before", 1), ("x" * 250_000, 18), ("behind", 1)):
        builder = ColumnsBuilder()
        for _ in range(count):
            builder.append(body.encode(), time_unix_nano=1)
        spool.hold(builder.build(1))
    spool.close()

    def work() -> None:
        with Appender(processor.target, spool=tmp_path / "spool") as appender:
            appender.append("after")
            with pytest.raises(AppendRefused, match=r"4194304 are the most.*kept in"):
                appender.flush(60)
            appender.flush(60)

    await asyncio.to_thread(work)
    assert sorted(await processor.bodies()) == ["after", "before", "behind"]
    assert len(list((tmp_path / "spool" / "refused").glob("*.batch"))) == 1
