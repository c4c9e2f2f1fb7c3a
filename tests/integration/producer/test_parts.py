"""Records that are too large for one come in parts, each of which says when, how severe, in which trace, and of which record."""

import json
import os
from pathlib import Path

import pytest
from tests.integration.producer.shipper import append

from logmesh.producer.sources import Chunk, Position
from logmesh.producer.sources.file import FileSource
from logmesh.producer.sources.stdin import StdinSource
from logmesh.record.limits import MAX_BODY_BYTES

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
HEAD = f"2025-01-02T03:04:05Z ERROR trace_id={TRACE} "
LONG = HEAD + "x" * (3 * MAX_BODY_BYTES)


class Kept:
    """What was handed out, column by column, and the positions that a spool would keep."""

    def __init__(self) -> None:
        self.chunk = Chunk()
        self.positions: dict[str, Position] = {}

    def add(self, chunk: Chunk) -> None:
        for name in ("times", "severities", "trace_ids", "attributes", "bodies"):
            getattr(self.chunk, name).extend(getattr(chunk, name))
        self.positions |= {key: position for key, position in chunk.positions.items() if position is not None}

    def check(self, parts: int) -> None:
        """Of the first `parts` records, and that the one after them is another."""
        said = [json.loads(attributes) for attributes in self.chunk.attributes[:parts]]
        assert [one["logmesh.part"] for one in said] == list(range(1, parts + 1))
        assert len({one["logmesh.line"] for one in said}) == 1
        assert set(self.chunk.times[:parts]) == {1_735_787_045_000_000_000}
        assert set(self.chunk.severities[:parts]) == {17}
        assert set(self.chunk.trace_ids[:parts]) == {bytes.fromhex(TRACE)}
        assert self.chunk.bodies[parts] == b"2025-01-02T03:04:06Z INFO next" and self.chunk.severities[parts] == 9


async def _read(log: Path, positions: dict[str, Position], *, restart: bool = False) -> Kept:
    kept = Kept()
    source = FileSource([os.fspath(log)], positions, follow=False)
    while (chunk := await source.read(1, 0)) is not None:
        kept.add(chunk)
        if restart:
            await source.close()
            source = FileSource([os.fspath(log)], json.loads(json.dumps(kept.positions)), follow=False)
    await source.close()
    return kept


@pytest.mark.parametrize("restart", [False, True])
async def test_parts_of_a_line_say_what_the_first_does(tmp_path: Path, restart: bool) -> None:
    log = tmp_path / "app.log"
    append(log, LONG, "2025-01-02T03:04:06Z INFO next")
    (await _read(log, {}, restart=restart)).check(parts=4)


@pytest.mark.parametrize("restart", [False, True])
async def test_parts_of_a_trace_say_what_the_first_does(tmp_path: Path, restart: bool) -> None:
    log = tmp_path / "app.log"
    frames = ["\tat shop.Cart.save(Cart.java:12)"] * (2 * MAX_BODY_BYTES // 30)
    append(log, HEAD, *frames, "2025-01-02T03:04:06Z INFO next")
    (await _read(log, {}, restart=restart)).check(parts=3)


async def test_lines_are_told_apart_and_each_is_the_same_when_it_is_read_again(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    append(log, LONG, LONG)
    ids = [
        [
            json.loads(attributes)["logmesh.line"]
            for attributes in (await _read(log, {}, restart=restart)).chunk.attributes
        ]
        for restart in (False, True)
    ]
    assert ids[0] == ids[1]
    assert len(set(ids[0][:4])) == len(set(ids[0][4:])) == 1 and len(set(ids[0])) == 2


async def test_a_position_of_an_older_release_goes_on_with_the_next_part(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    append(log, LONG)
    source = FileSource([os.fspath(log)], {}, follow=False)
    chunk = await source.read(1, 0)
    await source.close()
    assert chunk is not None
    older = {key: position for key, position in chunk.positions.items() if position is not None}
    for position in older.values():
        del position["parts"]
    assert [json.loads(attributes)["logmesh.part"] for attributes in (await _read(log, older)).chunk.attributes] == [
        2,
        3,
        4,
    ]


async def test_parts_of_standard_input_say_what_the_first_does(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    append(log, LONG, "2025-01-02T03:04:06Z INFO next")
    kept = Kept()
    with log.open("rb") as file:
        source = StdinSource(descriptor=file.fileno())
        while (chunk := await source.read(1, 1)) is not None:
            kept.add(chunk)
    kept.check(parts=4)
