"""Lines without a time: of a backlog, in a file that is followed, in a pipe, and after a restart."""

import os
from pathlib import Path

from tests.integration.producer.shipper import Shipper, append

from logmesh.producer.sources.file import FileSource
from logmesh.producer.sources.stdin import StdinSource

AT = 1_735_787_045 * 10**9
DATED = "2025-01-02T03:04:05Z INFO"


async def test_in_a_backlog_they_have_the_time_of_the_record_before(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    append(path, "first of all", f"{DATED} one", "two", "three")
    shipper = Shipper(path, follow=False)
    await shipper.ship()
    assert shipper.times == [0, AT, AT, AT]


async def test_after_a_restart_as_well(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    append(path, f"{DATED} one")
    shipper = Shipper(path)
    await shipper.ship()
    append(path, "two")
    await shipper.restart()
    await shipper.ship()
    assert shipper.times == [AT, AT]


async def test_in_a_file_that_is_followed_they_have_that_of_reading(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    append(path, f"{DATED} the banner")
    shipper = Shipper(path)
    await shipper.ship()
    append(path, "what the banner must not hide")
    await shipper.ship()
    assert shipper.times == [AT, 0]


async def test_what_lacks_a_year_is_of_the_file_s_last_change(tmp_path: Path) -> None:
    path = tmp_path / "old.log"
    append(path, "Dec 30 03:04:05 host app: x", "Jan  2 03:04:05 host app: y")
    os.utime(path, (AT // 10**9 + 60,) * 2)
    source = FileSource([os.fspath(path)], {}, follow=False, timezone="UTC")
    chunk = await source.read(10, 0)
    await source.close()
    assert chunk is not None and chunk.times == [AT - 3 * 86_400 * 10**9, AT]


async def test_times_are_in_the_zone_that_is_given(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    append(path, "2025-01-02 08:34:05,000 INFO x")
    source = FileSource([os.fspath(path)], {}, follow=False, timezone="Asia/Kolkata")
    chunk = await source.read(10, 0)
    await source.close()
    assert chunk is not None and chunk.times == [AT]


async def test_what_comes_into_a_pipe_after_a_pause_is_being_written_now() -> None:
    reading, writing = os.pipe()
    source = StdinSource(descriptor=reading)
    os.write(writing, f"{DATED} one\ntwo\n".encode())
    times: list[int] = []
    while len(times) < 2:
        if chunk := await source.read(10, 1):
            times += chunk.times
    await source.read(10, 1.2)
    os.write(writing, b"three\n")
    os.close(writing)
    while chunk := await source.read(10, 1):
        times += chunk.times
    os.close(reading)
    assert times == [AT, AT, 0]
