"""Real files, rotated in every way: each line comes once, also when the producer starts anew at any step.

Long because every rotation is a case of one promise, told by the same few helpers.
"""

import asyncio
import gzip
import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.integration.producer.shipper import Shipper, append, numbers

from logmesh.producer.sources.file import FileSource
from logmesh.record.limits import MAX_BODY_BYTES

Step = Callable[[], object]


def _compress(path: Path) -> None:
    with path.open("rb") as plain, gzip.open(f"{path}.gz", "wb") as packed:
        shutil.copyfileobj(plain, packed)
    path.unlink()


def _rename_scenario(log: Path) -> list[Step]:
    old = log.with_name("app.log.1")
    return [
        lambda: append(log, *numbers(0, 40)),
        lambda: append(log, *numbers(40, 50)),
        lambda: log.rename(old),
        lambda: append(old, *numbers(50, 55)),
        lambda: append(log, *numbers(55, 90)),
        old.unlink,
        lambda: append(log, *numbers(90, 95)),
    ]


def _copy_scenario(log: Path) -> list[Step]:
    def rotate() -> None:
        append(log, *numbers(40, 60))
        shutil.copyfile(log, log.with_name("app.log.1"))
        os.truncate(log, 0)

    def rotate_and_go_on() -> None:
        append(log, *numbers(70, 80))
        shutil.copyfile(log, log.with_name("app.log.2"))
        os.truncate(log, 0)
        # Longer than before, so that its size alone doesn't tell.
        append(log, *numbers(80, 200))

    return [
        lambda: append(log, *numbers(0, 40)),
        rotate,
        lambda: append(log, *numbers(60, 70)),
        rotate_and_go_on,
    ]


def _slow_copy_scenario(log: Path) -> list[Step]:
    """Time passes between the copy and the cut."""
    return [
        lambda: append(log, *numbers(0, 40)),
        lambda: shutil.copyfile(log, log.with_name("app.log.1")),
        lambda: os.truncate(log, 0),
        lambda: append(log, *numbers(40, 45)),
    ]


def _gzip_scenario(log: Path) -> list[Step]:
    first, second = log.with_name("app.log.1"), log.with_name("app.log.2")

    def rotate_at_once() -> None:
        append(log, *numbers(60, 75))
        log.rename(second)
        _compress(second)
        append(log, *numbers(75, 80))

    return [
        lambda: append(log, *numbers(0, 40)),
        lambda: log.rename(first),
        lambda: append(log, *numbers(40, 60)),
        lambda: _compress(first),
        rotate_at_once,
    ]


def _delete_scenario(log: Path) -> list[Step]:
    return [
        lambda: append(log, *numbers(0, 20)),
        log.unlink,
        lambda: append(log, *numbers(20, 40)),
    ]


SCENARIOS = {
    "rename": _rename_scenario,
    "copy and truncate": _copy_scenario,
    "copy, later truncate": _slow_copy_scenario,
    "gzip": _gzip_scenario,
    "delete": _delete_scenario,
}


def _expected(name: str) -> list[bytes]:
    last = {"rename": 95, "copy and truncate": 200, "copy, later truncate": 45, "gzip": 80, "delete": 40}[name]
    return sorted(line.encode() for line in numbers(0, last))


@pytest.mark.parametrize("pattern", ["app.log", "app.log*"])
@pytest.mark.parametrize("limit", [1000, 7])
@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_every_line_comes_once_through_rotation(tmp_path: Path, scenario: str, pattern: str, limit: int) -> None:
    shipper = Shipper(tmp_path / pattern, limit=limit)
    for step in SCENARIOS[scenario](tmp_path / "app.log"):
        step()
        await shipper.ship()
    assert sorted(shipper.bodies) == _expected(scenario)


@pytest.mark.parametrize("pattern", ["app.log", "app.log*"])
@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_every_line_comes_once_when_restarted_at_each_step(tmp_path: Path, scenario: str, pattern: str) -> None:
    shipper = Shipper(tmp_path / pattern, limit=9)
    for step in SCENARIOS[scenario](tmp_path / "app.log"):
        await shipper.source.close()
        step()
        await shipper.restart()
        await shipper.ship()
        await shipper.restart()
    await shipper.ship()
    assert sorted(shipper.bodies) == _expected(scenario)


@pytest.mark.parametrize("scenario", ["rename", "copy and truncate", "copy, later truncate", "gzip"])
@pytest.mark.parametrize("chunks", [0, 1, 2, 3])
async def test_every_line_comes_once_when_stopped_in_the_middle(tmp_path: Path, scenario: str, chunks: int) -> None:
    """A few chunks a step, then a stop: the rest is read from whatever rotation has made of the file."""
    shipper = Shipper(tmp_path / "app.log*", limit=9)
    steps = SCENARIOS[scenario](tmp_path / "app.log")
    if scenario == "rename":
        # What is deleted unread, while nobody holds it, is gone.
        del steps[5]
    for number, step in enumerate(steps):
        step()
        for _ in range(chunks if number else 1):
            await shipper.ship_one()
        await shipper.restart()
    await shipper.ship()
    assert sorted(shipper.bodies) == _expected(scenario)


async def test_what_a_spool_did_not_keep_is_read_again(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    append(log, *numbers(0, 10))
    shipper = Shipper(log, limit=4)
    await shipper.ship_one()
    chunk = await shipper.source.read(4, 0)
    assert chunk is not None and len(chunk) == 4
    await shipper.restart()
    await shipper.ship()
    assert shipper.bodies == [line.encode() for line in numbers(0, 10)]


async def test_a_file_that_appears_later_is_found(tmp_path: Path) -> None:
    shipper = Shipper(tmp_path / "**" / "*.log")
    assert await shipper.ship() == []
    (tmp_path / "deep").mkdir()
    append(tmp_path / "deep" / "new.log", "hello")
    assert await shipper.ship() == [b"hello"]


async def test_equal_lines_in_two_files_are_two_lines(tmp_path: Path) -> None:
    shipper = Shipper(tmp_path / "*.log")
    append(tmp_path / "worker-1.log", "starting")
    assert await shipper.ship() == [b"starting"]
    append(tmp_path / "worker-2.log", "starting")
    assert await shipper.ship() == [b"starting"]


async def test_a_deleted_file_is_read_to_its_end(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    append(log, *numbers(0, 10))
    shipper = Shipper(log, limit=3)
    await shipper.ship_one()
    with log.open("a") as writer:
        log.unlink()
        writer.write("2025-01-02T03:04:06Z INFO last words\n")
    await shipper.ship()
    assert len(shipper.bodies) == 11
    assert shipper.bodies[-1] == b"2025-01-02T03:04:06Z INFO last words"


JAVA = """2025-01-02 03:04:05,123 ERROR [main] c.e.Foo - could not
java.lang.IllegalStateException: no
\tat com.example.Foo.bar(Foo.java:12)
Caused by: java.io.IOException: disk
\t... 3 more"""
PYTHON = """2025-01-02 03:04:06,000 - app - ERROR - failed
Traceback (most recent call last):
  File "/app/x.py", line 1, in <module>
    main()
ValueError: bad"""
GO = """panic: runtime error: index out of range [3] with length 3

goroutine 1 [running]:
main.main()
\t/src/main.go:9 +0x1d
exit status 2"""


async def test_stack_traces_are_one_record(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    records = [*numbers(0, 1), JAVA, *numbers(1, 2), PYTHON, *numbers(2, 3), GO, *numbers(3, 4)]
    append(log, *records)
    assert await Shipper(log).ship() == [record.encode() for record in records]


async def test_a_trace_written_piece_by_piece_is_one_record_unless_it_takes_too_long(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    shipper = Shipper(log)
    for line in JAVA.split("\n"):
        append(log, line)
        assert await shipper.ship(quiet_seconds=0) == []
    assert await shipper.ship() == [JAVA.encode()]
    append(log, "\tat too.late(Late.java:1)")
    assert await shipper.ship() == [b"\tat too.late(Late.java:1)"]


async def test_a_trace_that_waits_is_not_counted_as_read(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    shipper = Shipper(log)
    head, _, rest = JAVA.partition("\nCaused")
    append(log, *numbers(0, 1), head)
    assert await shipper.ship(quiet_seconds=0) == [line.encode() for line in numbers(0, 1)]
    await shipper.restart()
    append(log, "Caused" + rest)
    assert await shipper.ship() == [JAVA.encode()]


async def test_bytes_that_are_not_utf8_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_bytes(b"caf\xe9 \x00 \xff\xfe\r\n\ngood\n")
    assert await Shipper(log).ship() == [b"caf\xe9 \x00 \xff\xfe\r", b"", b"good"]


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("unit", ["x", "é€😀"])
async def test_a_line_of_ten_megabytes_comes_in_parts(tmp_path: Path, unit: str, restart: bool) -> None:
    log = tmp_path / "app.log"
    long = (unit * (10_000_000 // len(unit.encode()))).encode()
    log.write_bytes(b"before\n" + long + b"\nafter\n")
    shipper = Shipper(log, limit=5)
    while await shipper.ship_one():
        if restart:
            await shipper.restart()
    await shipper.ship()
    assert shipper.bodies[0] == b"before" and shipper.bodies[-1] == b"after"
    parts = shipper.bodies[1:-1]
    assert b"".join(parts) == long
    assert max(map(len, parts)) <= MAX_BODY_BYTES
    for part in parts:
        part.decode()
    numbers = [json.loads(attributes)["logmesh.part"] for attributes in shipper.attributes[1:-1]]
    assert numbers == list(range(1, len(parts) + 1))


@pytest.mark.parametrize("restart", [False, True])
async def test_a_line_without_its_end_comes_after_a_while_and_once(tmp_path: Path, restart: bool) -> None:
    log = tmp_path / "app.log"
    log.write_text("half")
    shipper = Shipper(log)
    assert await shipper.ship(quiet_seconds=1) == []
    assert await shipper.ship() == [b"half"]
    if restart:
        await shipper.restart()
    assert await shipper.ship() == []
    append(log, "", "whole")
    assert await shipper.ship() == [b"whole"]


async def test_one_shot_reads_everything_and_ends(tmp_path: Path) -> None:
    append(tmp_path / "a.log", *numbers(0, 30))
    with gzip.open(tmp_path / "b.log.gz", "wb") as packed:
        packed.write(b"packed\nlast without end")
    (tmp_path / "c.log").write_text("one\nlast without end")
    shipper = Shipper(tmp_path / "*.log*", follow=False, limit=7)
    await shipper.ship()
    assert await shipper.source.read(1, 0) is None
    assert sorted(shipper.bodies) == sorted(
        [*(line.encode() for line in numbers(0, 30)), b"packed", b"last without end", b"one", b"last without end"]
    )
    await shipper.restart()
    assert await shipper.source.read(1000, 0) is None


async def test_a_gzip_file_still_being_written_is_read_when_it_is_whole(tmp_path: Path) -> None:
    whole = gzip.compress("\n".join(numbers(0, 5000)).encode() + b"\n")
    packed = tmp_path / "app.log.gz"
    packed.write_bytes(whole[: len(whole) // 2])
    shipper = Shipper(packed)
    await shipper.ship()
    packed.write_bytes(whole)
    await shipper.ship()
    assert shipper.bodies == [line.encode() for line in numbers(0, 5000)]


async def test_fields_and_origin_come_with_the_line(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    append(log, '{"time":"2025-01-02T03:04:05Z","level":"warn","user":7}')
    source = FileSource([os.fspath(log)], {}, follow=False, service="cart", instance="cart-0")
    chunk = await source.read(10, 0)
    await source.close()
    assert chunk is not None
    assert chunk.times == [1_735_787_045_000_000_000]
    assert chunk.severities == [13] and chunk.attributes == [b'{"user":7}']
    origin: Any = chunk.origins[0]
    assert (origin.service_name, origin.service_instance_id) == (b"cart", b"cart-0")
    assert json.loads(origin.resource_attributes) == {"log.file.path": os.fspath(log)}


async def test_a_busy_file_does_not_keep_others_waiting(tmp_path: Path) -> None:
    append(tmp_path / "busy.log", *numbers(0, 50_000))
    append(tmp_path / "calm.log", "calm")
    shipper = Shipper(tmp_path / "*.log", limit=100)
    for _ in range(10):
        await shipper.ship_one()
        shipper.clock.now += 1
    assert b"calm" in shipper.bodies


@pytest.mark.parametrize("seed", range(25))
async def test_every_line_comes_once_through_random_rotation_and_restarts(tmp_path: Path, seed: int) -> None:
    """Writers, rotation, stops and small chunks in any order, with one look between two rotations."""
    chance = random.Random(seed)
    log = tmp_path / "app.log"
    shipper = Shipper(tmp_path / chance.choice(["app.log", "app.log*"]), limit=chance.randint(3, 200))
    written = 0
    for generation in range(12):
        for _ in range(chance.randint(1, 3)):
            count = chance.randint(1, 60)
            append(log, *numbers(written, written + count))
            written += count
            for _ in range(chance.randint(0, 2)):
                await shipper.ship_one()
            if chance.random() < 0.3:
                await shipper.restart()
        await shipper.ship(quiet_seconds=0)
        count = chance.randint(0, 20)
        append(log, *numbers(written, written + count))
        written += count
        rotated = log.with_name(f"app.log.{generation}")
        match chance.randrange(4):
            case 0:
                log.rename(rotated)
            case 1:
                shutil.copyfile(log, rotated)
                os.truncate(log, 0)
            case 2:
                log.rename(rotated)
                if chance.random() < 0.5:
                    await shipper.ship_one()
                _compress(rotated)
        if chance.random() < 0.4:
            await shipper.restart()
    await shipper.ship()
    assert sorted(shipper.bodies) == sorted(line.encode() for line in numbers(0, written))


async def test_a_file_emptied_without_a_copy_begins_anew_once(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    append(log, *numbers(0, 30))
    shipper = Shipper(log, limit=10)
    await shipper.ship_one()
    log.write_text("")
    append(log, *numbers(30, 33))
    await shipper.ship_one()
    await shipper.restart()
    await shipper.ship()
    assert len(shipper.bodies) == len(set(shipper.bodies))
    assert shipper.bodies[:10] == [line.encode() for line in numbers(0, 10)]
    assert shipper.bodies[-3:] == [line.encode() for line in numbers(30, 33)]


async def test_the_time_outs_and_scans_work_by_the_real_clock(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    source = FileSource([os.fspath(log)], {}, scan_seconds=0.05, poll_seconds=0.02)
    chunk = await source.read(10, 0.05)
    assert chunk is not None and len(chunk) == 0
    append(log, "alone")
    chunk = await asyncio.wait_for(source.read(10, 10), 5)
    assert chunk is not None and len(chunk) == 0 and chunk.positions
    chunk = await asyncio.wait_for(source.read(10, 10), 5)
    assert chunk is not None and chunk.bodies == [b"alone"]
    await source.close()


@pytest.mark.parametrize("restart", [False, True])
async def test_what_was_learned_of_a_file_joins_its_lines_after_a_restart(tmp_path: Path, restart: bool) -> None:
    log = tmp_path / "app.log"
    append(log, *numbers(0, 5))
    shipper = Shipper(log)
    await shipper.ship()
    if restart:
        await shipper.restart()
    message = f"{numbers(5, 6)[0]} of several lines\nof no kind that is known\n\nnor is this"
    append(log, message)
    assert await shipper.ship() == [message.encode()]


@pytest.mark.parametrize("hole", [300, 20 << 20])
@pytest.mark.parametrize("restart", [False, True])
async def test_what_is_written_behind_a_hole_is_what_it_would_be_without(
    tmp_path: Path, hole: int, restart: bool
) -> None:
    """A writer that doesn't append goes on where it was when its file is emptied: before that, the file has no bytes."""
    log = tmp_path / "app.log"
    shipper = Shipper(log)
    with log.open("wb", buffering=0) as writer:
        writer.write("".join(f"{line}\n" for line in numbers(0, 5)).encode())
        await shipper.ship()
        writer.seek(hole)
        os.truncate(log, 0)
        trace = f"{numbers(5, 6)[0]}\n\tat a.B(C.java:1)"
        writer.write(f"{trace}\n{numbers(6, 7)[0]}\n".encode())
        if restart:
            for _ in range(8):
                await shipper.ship_one()
                await shipper.restart()
        await shipper.ship()
        writer.write(f"{numbers(7, 8)[0]}\n".encode())
        await shipper.ship()
    assert [body.decode() for body in shipper.bodies] == [*numbers(0, 5), trace, *numbers(6, 8)]
    assert set(shipper.times) == {1_735_787_045_000_000_000}
    [*_, position] = shipper.kept.values()
    assert position["offset"] == log.stat().st_size


async def test_other_files_have_their_turn_while_a_hole_is_passed_over(tmp_path: Path) -> None:
    other, log = tmp_path / "a.log", tmp_path / "b.log"
    append(other, "2025-01-02T03:04:05Z INFO of the other")
    with log.open("wb") as writer:
        writer.seek(20 << 20)
        writer.write(b"2025-01-02T03:04:05Z INFO behind the hole\n")
    for path, changed in ((other, 1_735_787_045), (log, 1_735_787_046)):  # the second is the first to have its turn
        os.utime(path, (changed, changed))
    shipper = Shipper(other, log, follow=False)
    while await shipper.ship_one():
        pass
    assert shipper.bodies == [
        b"2025-01-02T03:04:05Z INFO of the other",
        b"2025-01-02T03:04:05Z INFO behind the hole",
    ]
