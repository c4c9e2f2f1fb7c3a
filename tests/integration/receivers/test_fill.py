"""How full a receiver says that its spools are."""

from pathlib import Path

import grpc
from tests.integration.processor.running import RunningProcessor
from tests.integration.receivers.running import running_receiver
from tests.integration.receivers.test_otlp_grpc import export, request_of
from tests.waiting import until_true

from logmesh.runtime.metrics import PRODUCER

_BOUND = 64 << 20


async def test_it_rises_and_falls_without_a_request(processor: RunningProcessor, tmp_path: Path) -> None:
    big = request_of(0, 10)
    for record in big.resource_logs[0].scope_logs[0].log_records:
        record.body.string_value = "x" * 200_000
    async with (
        running_receiver(
            "ipv4:127.0.0.1:1", tmp_path, spool_max_bytes=_BOUND, compress=False, drain_seconds=0
        ) as receiver,
        grpc.aio.insecure_channel(receiver.otlp) as channel,
    ):
        for _ in range(16):
            await export(channel, big)
        await until_true(lambda: _fill() > 0.7)
    async with running_receiver(processor.target, tmp_path, spool_max_bytes=_BOUND, spool_retain_seconds=0) as receiver:
        await receiver.all_committed()
        await until_true(lambda: _fill() < 0.7)


def _fill() -> float:
    return PRODUCER.get_sample_value("logmesh_spool_fill_ratio") or 0.0
