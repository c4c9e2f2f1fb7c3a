"""Logs of containers, where the kubelet puts them: whose they are, and what the container wrote."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from logmesh.producer.sources.file import FileSource


@pytest.mark.parametrize(
    ("given", "service", "instance"),
    [("", b"cart", b"shop.cart-5d4f8c7b9d-x2x7k.server"), ("edge", b"edge", b"node-a")],
)
async def test_a_container_s_log_names_its_workload_unless_a_service_is_given(
    tmp_path: Path, given: str, service: bytes, instance: bytes
) -> None:
    log = tmp_path / "shop_cart-5d4f8c7b9d-x2x7k_9f2c3e1a-7b1d-4c56-8e90-a1b2c3d4e5f6" / "server" / "2.log"
    log.parent.mkdir(parents=True)
    log.write_text("2025-01-02T03:04:05.000000006Z stderr F it is full\n")
    source = FileSource([os.fspath(tmp_path / "*/*/*.log")], {}, follow=False, service=given, instance="node-a")
    chunk = await source.read(10, 0)
    await source.close()
    assert chunk is not None
    assert chunk.bodies == [b"it is full"] and chunk.attributes == [b'{"log.iostream":"stderr"}']
    assert chunk.times == [1_735_787_045_000_000_006]
    origin: Any = chunk.origins[0]
    assert (origin.service_name, origin.service_instance_id) == (service, instance)
    assert json.loads(origin.resource_attributes) == {
        "k8s.namespace.name": "shop",
        "k8s.pod.name": "cart-5d4f8c7b9d-x2x7k",
        "k8s.pod.uid": "9f2c3e1a-7b1d-4c56-8e90-a1b2c3d4e5f6",
        "k8s.container.name": "server",
        "k8s.container.restart_count": 2,
        "log.file.path": os.fspath(log),
    }


@pytest.mark.parametrize(
    ("wrote", "time"),
    [
        ("certificate expires 2031-01-01T00:00:00Z", "03:04:05.000000006"),
        ("2031-01-01T00:00:00Z is when it expires", "03:04:05.000000006"),
        ("2025-01-02 03:04:04,900 INFO x", "03:04:04.900000000"),
        (
            "2025-01-02 04:04:04,900 INFO x",
            "03:04:04.900000000",
        ),  # the container is in another zone, and doesn't say so
    ],
)
async def test_the_runtime_s_time_beats_dates_in_what_the_container_wrote(
    tmp_path: Path, wrote: str, time: str
) -> None:
    log = tmp_path / "shop_cart-5d4f8c7b9d-x2x7k_9f2c3e1a-7b1d-4c56-8e90-a1b2c3d4e5f6" / "server" / "2.log"
    log.parent.mkdir(parents=True)
    log.write_text(f"2025-01-02T03:04:05.000000006Z stderr F {wrote}\n")
    source = FileSource([os.fspath(tmp_path / "*/*/*.log")], {}, follow=False)
    chunk = await source.read(10, 0)
    await source.close()
    assert chunk is not None
    midnight = 1_735_776_000 * 10**9
    hour, minute, second = time.split(":")
    assert chunk.times == [midnight + (int(hour) * 3600 + int(minute) * 60) * 10**9 + int(float(second) * 10**9)]


async def test_dockers_file_gives_what_the_container_wrote(tmp_path: Path) -> None:
    log = tmp_path / "4f2a-json.log"
    at = "2025-01-02T03:04:05.000000006Z"
    written = [
        {"log": '{"level":"error","n":1}\n', "stream": "stderr", "time": at},
        {"log": "half of", "stream": "stdout", "time": at},
    ]
    written += [{"log": " a line\n", "stream": "stdout", "time": at}]
    log.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in written))
    source = FileSource([os.fspath(log)], {}, follow=False)
    chunk = await source.read(10, 0)
    await source.close()
    assert chunk is not None
    assert chunk.bodies == [b'{"level":"error","n":1}', b"half of a line"]
    assert chunk.severities == [17, 0] and chunk.times == [1_735_787_045_000_000_006] * 2
    assert [json.loads(fields) for fields in chunk.attributes] == [
        {"log.iostream": "stderr", "n": 1},
        {"log.iostream": "stdout"},
    ]
