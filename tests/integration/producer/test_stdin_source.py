"""Pipes and redirected files as standard input."""

import asyncio
import os
from pathlib import Path

from logmesh.producer.sources.stdin import StdinSource


async def _read_all(source: StdinSource) -> list[bytes]:
    bodies: list[bytes] = []
    while (chunk := await source.read(100, 0.05)) is not None:
        bodies += chunk.bodies
    return bodies


async def test_a_pipe_is_read_to_its_end() -> None:
    reading, writing = os.pipe()
    source = StdinSource(descriptor=reading, service="cart")
    os.write(writing, b"one\nERROR two\n\tat x\nthree")
    first, second = await source.read(100, 1), await source.read(100, 1)
    assert first is not None and first.bodies == [b"one"]
    assert second is not None and second.bodies == [b"ERROR two\n\tat x"]
    assert second.origins[0].service_name == b"cart" and second.severities == [17]
    os.close(writing)
    assert await _read_all(source) == [b"three"]
    os.close(reading)


async def test_an_idle_pipe_gives_empty_chunks_and_the_waiting_line() -> None:
    reading, writing = os.pipe()
    source = StdinSource(descriptor=reading)
    chunk = await source.read(100, 0.01)
    assert chunk is not None and len(chunk) == 0
    os.write(writing, b"one\n")
    chunk = await asyncio.wait_for(source.read(100, 5), 2)
    assert chunk is not None and chunk.bodies == [b"one"]
    os.close(writing)
    assert await source.read(100, 1) is None
    os.close(reading)


async def test_a_cancelled_read_loses_nothing() -> None:
    reading, writing = os.pipe()
    source = StdinSource(descriptor=reading)
    for number in range(20):
        read = asyncio.create_task(source.read(100, 10))
        await asyncio.sleep(0)
        os.write(writing, b"%d\n" % number)
        read.cancel()
        await asyncio.gather(read, return_exceptions=True)
    os.close(writing)
    assert await _read_all(source) == [b"%d" % number for number in range(20)]
    os.close(reading)


async def test_a_redirected_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_bytes(b"x" * 600_000 + b"\nlast")
    with path.open("rb") as file:
        bodies = await _read_all(StdinSource(descriptor=file.fileno()))
    assert [len(body) for body in bodies] == [262_144, 262_144, 75_712, 4]


async def test_dev_null_ends_at_once() -> None:
    with Path("/dev/null").open("rb") as nothing:
        assert await _read_all(StdinSource(descriptor=nothing.fileno())) == []
