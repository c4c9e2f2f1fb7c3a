"""A file is known by what it holds: not by a name and a first line that another has, too, nor for as long as it is one of a few."""

import gzip
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.integration.producer.shipper import Shipper, append, numbers

from logmesh.producer.run import open_source
from logmesh.producer.settings import ProducerSettings
from logmesh.producer.sources import Position

BANNER = "*" * 2_000


def encoded(lines: list[str]) -> list[bytes]:
    return [line.encode() for line in lines]


def packed(path: Path, lines: list[str], mode: Any = "wb") -> None:
    with gzip.open(path, mode) as file:
        file.write("".join(f"{line}\n" for line in lines).encode())


@pytest.mark.parametrize("name", ["app.log.2", "app.log.audit", "app.logistics"])
@pytest.mark.parametrize("restart", [False, True])
async def test_a_file_that_begins_as_another_does_is_read_while_that_one_stays(
    tmp_path: Path, name: str, restart: bool
) -> None:
    shipper = Shipper(tmp_path / "app.log*")
    append(tmp_path / "app.log", BANNER)
    await shipper.ship()
    append(tmp_path / name, BANNER, *numbers(0, 10))
    if restart:
        await shipper.restart()
    assert await shipper.ship() == encoded([BANNER, *numbers(0, 10)])
    append(tmp_path / "app.log", *numbers(10, 12))
    assert await shipper.ship() == encoded(numbers(10, 12))


async def test_a_copy_that_is_in_the_making_is_not_taken_for_another_file(tmp_path: Path) -> None:
    log, copy = tmp_path / "app.log", tmp_path / "app.log.1"
    shipper = Shipper(tmp_path / "app.log*")
    append(log, BANNER, *numbers(0, 10))
    await shipper.ship()
    append(log, *numbers(10, 20))
    content = log.read_bytes()
    for length in (10, 2_500, len(content)):
        copy.write_bytes(content[:length])
        await shipper.ship_one()
    os.truncate(log, 0)
    append(log, BANNER, *numbers(20, 30))
    await shipper.ship()
    assert sorted(shipper.bodies) == sorted(encoded([BANNER, *numbers(0, 20), BANNER, *numbers(20, 30)]))


async def test_a_file_that_is_being_compressed_comes_once(tmp_path: Path) -> None:
    log, packed_log = tmp_path / "app.log.1", tmp_path / "app.log.1.gz"
    shipper = Shipper(tmp_path / "app.log*")
    append(log, *numbers(0, 20_000))
    await shipper.ship_one()
    whole = gzip.compress(log.read_bytes())
    for length in (20, len(whole) // 3, len(whole) // 2, len(whole)):
        packed_log.write_bytes(whole[:length])
        await shipper.ship_one()
    log.unlink()
    await shipper.restart()
    await shipper.ship()
    assert shipper.bodies == encoded(numbers(0, 20_000))


async def test_compressed_files_of_one_banner_are_told_apart(tmp_path: Path) -> None:
    shipper = Shipper(tmp_path / "*.gz")
    expected = []
    for number in range(3):
        lines = [BANNER, *numbers(number * 10, number * 10 + 10)]
        packed(tmp_path / f"app.log.{number}.gz", lines)
        expected += lines
        await shipper.ship()
    packed(tmp_path / "app.log.3.gz", [BANNER])
    await shipper.ship()
    packed(tmp_path / "app.log.4.gz", [BANNER, *numbers(90, 95)])
    await shipper.ship()
    assert sorted(shipper.bodies) == sorted(encoded([*expected, BANNER, BANNER, *numbers(90, 95)]))


@pytest.mark.parametrize("restart", [False, True])
async def test_a_file_written_anew_under_its_banner_is_read_from_its_beginning(tmp_path: Path, restart: bool) -> None:
    log = tmp_path / "app.log"
    shipper = Shipper(log)
    append(log, BANNER, *numbers(0, 10))
    await shipper.ship()
    if restart:
        await shipper.restart()
    log.write_text("\n".join([BANNER, *numbers(10, 40), ""]))
    assert await shipper.ship() == encoded([BANNER, *numbers(10, 40)])


@pytest.mark.parametrize("restart", [False, True])
async def test_a_file_replaced_by_one_with_all_that_it_held_is_read_on(tmp_path: Path, restart: bool) -> None:
    """As editors and rsync write it: under another name first."""
    log, new = tmp_path / "app.log", tmp_path / "new"
    shipper = Shipper(log)
    append(log, *numbers(0, 100))
    await shipper.ship()
    for at in (100, 110):
        append(log, *numbers(at, at + 3))  # not read before it is replaced
        new.write_bytes(log.read_bytes())
        append(new, *numbers(at + 3, at + 10))
        new.rename(log)
        if restart:
            await shipper.restart()
        await shipper.ship()
    assert shipper.bodies == encoded(numbers(0, 120))
    new.write_text("".join(f"{line}\n" for line in numbers(200, 300)))
    new.rename(log)
    assert await shipper.ship() == encoded(numbers(200, 300))


async def test_more_compressed_files_than_are_remembered_of_deleted_ones_come_once(tmp_path: Path) -> None:
    for number in range(300):
        packed(tmp_path / f"app.log.{number}.gz", numbers(number, number + 1))
    shipper = Shipper(tmp_path / "*.gz", follow=False)
    for _ in range(3):
        await shipper.ship()
        await shipper.restart()
    assert sorted(shipper.bodies) == sorted(encoded(numbers(0, 300)))


async def test_what_is_added_to_a_compressed_file_comes_and_nothing_twice(tmp_path: Path) -> None:
    log = tmp_path / "app.log.gz"
    shipper = Shipper(log)
    packed(log, numbers(0, 10))
    await shipper.ship()
    packed(log, numbers(10, 20), "ab")
    await shipper.ship()
    await shipper.restart()
    packed(log, numbers(20, 30), "ab")
    await shipper.ship()
    assert shipper.bodies == encoded(numbers(0, 30))


async def test_a_compressed_file_that_was_empty_at_first_is_read_as_one(tmp_path: Path) -> None:
    log = tmp_path / "app.log.gz"
    log.touch()
    shipper = Shipper(log)
    await shipper.ship()
    packed(log, numbers(0, 10))
    assert await shipper.ship() == encoded(numbers(0, 10))


async def test_positions_of_a_release_that_kept_less_are_gone_on_from(tmp_path: Path) -> None:
    packed(tmp_path / "app.log.1.gz", numbers(0, 10))
    append(tmp_path / "app.log", *numbers(10, 20))
    shipper = Shipper(tmp_path / "app.log*")
    await shipper.ship()
    for position in shipper.kept.values():
        assert position is not None
        position.pop("seen", None)
        position.pop("crc")
    await shipper.restart()
    append(tmp_path / "app.log", *numbers(20, 25))
    shipper.bodies.clear()
    for _ in range(10):
        shipper.clock.now += 1
        chunk = await shipper.source.read(1000, 0)
        assert chunk is not None
        shipper.bodies += chunk.bodies
    assert shipper.bodies == encoded(numbers(20, 25))
    await shipper.source.close()


async def ship(folder: Path, pattern: str, kept: dict[str, Position], elsewhere: list[Position]) -> list[bytes]:
    """As `logmesh ship` does, which has a spool for each set of files and looks at what the others have read."""
    settings = ProducerSettings(source="file", files=[str(folder / pattern)], follow=False)
    source = open_source(settings, kept, json.loads(json.dumps(elsewhere)))
    bodies: list[bytes] = []
    while (chunk := await source.read(1000, 0)) is not None:
        bodies += chunk.bodies
        for key, position in chunk.positions.items():
            if position is None:
                del kept[key]
            else:
                kept[key] = position
    await source.close()
    return bodies


async def test_a_file_written_anew_and_shipped_with_others_is_not_shipped_again_alone(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    append(log, *numbers(0, 600))
    one: dict[str, Position] = {}
    both: dict[str, Position] = {}
    assert len(await ship(tmp_path, "app.log", one, [])) == 600
    log.write_text("".join(f"{line}\n" for line in numbers(1000, 1400)))
    assert await ship(tmp_path, "*.log", both, list(one.values())) == encoded(numbers(1000, 1400))
    assert await ship(tmp_path, "app.log", one, list(both.values())) == []
    append(log, *numbers(1400, 1401))
    assert await ship(tmp_path, "app.log", one, list(both.values())) == encoded(numbers(1400, 1401))
    assert await ship(tmp_path, "*.log", both, list(one.values())) == []


async def test_a_file_replaced_and_shipped_with_others_comes_once(tmp_path: Path) -> None:
    log, new = tmp_path / "app.log", tmp_path / "new"
    append(log, *numbers(0, 400))
    one: dict[str, Position] = {}
    assert len(await ship(tmp_path, "app.log", one, [])) == 400
    new.write_bytes(log.read_bytes())
    append(new, *numbers(400, 410))
    new.rename(log)
    assert await ship(tmp_path, "*.log", {}, list(one.values())) == encoded(numbers(400, 410))
    assert await ship(tmp_path, "app.log", one, []) == encoded(numbers(400, 410))


async def test_only_the_files_that_are_named_are_shipped(tmp_path: Path) -> None:
    append(tmp_path / "a.log", "a1")
    append(tmp_path / "b.log", "b1")
    a: dict[str, Position] = {}
    b: dict[str, Position] = {}
    assert await ship(tmp_path, "a.log", a, []) == [b"a1"]
    append(tmp_path / "a.log", "a2")
    assert await ship(tmp_path, "b.log", b, list(a.values())) == [b"b1"]


async def test_a_file_that_several_read_is_read_on_from_the_furthest_place(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    kept: list[dict[str, Position]] = [{}, {}, {}]
    for number, positions in enumerate(kept):
        append(log, *numbers(number, number + 1))
        others = [position for other in kept if other is not positions for position in other.values()]
        assert await ship(tmp_path, "app.log", positions, others) == encoded(numbers(number, number + 1))
    assert await ship(tmp_path, "app.log", kept[0], list(kept[2].values())) == []


async def test_two_rotations_while_nobody_read_are_both_read(tmp_path: Path) -> None:
    """The first goes on as the copy of what was read; the second must not wait for a file that has become this copy."""
    log = tmp_path / "logs" / "app.log"
    log.parent.mkdir()
    shipper = Shipper(log.with_name("app.log*"), limit=9)
    append(log, *numbers(0, 40))
    await shipper.ship_one()
    await shipper.source.close()
    for number, lines in ((1, numbers(40, 75)), (2, numbers(75, 80))):
        held = log.rename(tmp_path / str(number))  # so that no other file gets its inode
        packed(log.with_name(f"app.log.{number}.gz"), held.read_text().splitlines())
        append(log, *lines)
    await shipper.restart()
    await shipper.ship()
    assert sorted(shipper.bodies) == sorted(encoded(numbers(0, 80)))


@pytest.mark.parametrize("is_packed", [False, True])
@pytest.mark.parametrize("restarts", [False, True])
async def test_a_copy_made_before_the_last_lines_were_written_is_not_read_again(
    tmp_path: Path, is_packed: bool, restarts: bool
) -> None:
    log = tmp_path / "app.log"
    append(log, *numbers(0, 50))
    shipper = Shipper(tmp_path / "app.log*")
    await shipper.ship()
    copy = tmp_path / "app.log.1"
    shutil.copyfile(log, copy)
    append(log, *numbers(50, 80))  # no copy has them
    await shipper.ship()
    os.truncate(log, 0)
    append(log, *numbers(80, 100))
    if is_packed:
        (tmp_path / "app.log.1.gz").write_bytes(gzip.compress(copy.read_bytes()))
        copy.unlink()
    if restarts:
        await shipper.restart()
    await shipper.ship()
    (tmp_path / "app.log.1.gz" if is_packed else copy).rename(tmp_path / ("app.log.2.gz" if is_packed else "app.log.2"))
    await shipper.restart()
    await shipper.ship()
    await shipper.source.close()
    assert sorted(shipper.bodies) == sorted(line.encode() for line in numbers(0, 100))


async def test_a_file_that_goes_on_differently_from_what_was_read_is_read(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    append(log, *numbers(0, 50))
    shipper = Shipper(tmp_path / "app.log*")
    await shipper.ship()
    append(log, *numbers(50, 80))
    await shipper.ship()
    log.unlink()
    append(tmp_path / "app.log.1", *numbers(0, 40), *numbers(200, 220))
    assert len(await shipper.ship()) == 60
    await shipper.source.close()
