"""Files that can't be read as they should, each named and counted, and none that keeps the others waiting."""

import asyncio
import gzip
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.integration.producer.shipper import Shipper, append, numbers

from logmesh.producer.sources import Chunk
from logmesh.producer.sources.file import FileSource
from logmesh.producer.sources.open_files import OpenFiles
from logmesh.producer.sources.reading import Reader
from logmesh.producer.sources.troubles import Troubles

_NOISE = random.Random(7)
LINES = "".join(f"{line} {_NOISE.random()}\n" for line in numbers(0, 20_000)).encode()
WHOLE = gzip.compress(LINES)
MIDDLE = len(WHOLE) // 2

DAMAGES: dict[str, bytes] = {
    "a byte in the middle": WHOLE[:MIDDLE] + bytes([WHOLE[MIDDLE] ^ 0xFF]) + WHOLE[MIDDLE + 1 :],
    "zeros from the middle on": WHOLE[:MIDDLE] + bytes(len(WHOLE) - MIDDLE),
    "cut in the middle": WHOLE[:MIDDLE],
    "checksum": WHOLE[:-8] + bytes(8),
    "something after it": WHOLE + b"something else",
    "a header and nothing": WHOLE[:10],
}


@pytest.mark.parametrize("follow", [False, True])
@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_compressed_file_is_read_up_to_the_damage_named_and_done_with(
    tmp_path: Path, damage: str, follow: bool
) -> None:
    (tmp_path / "app.log.1.gz").write_bytes(DAMAGES[damage])
    append(tmp_path / "app.log", "another")
    told: list[str] = []
    troubles = Troubles(told.append)
    shipper = Shipper(tmp_path / "app.log*", follow=follow, troubles=troubles)
    for _ in range(2):
        await shipper.ship(quiet_seconds=301)
        await shipper.restart()
    assert len(told) == len(troubles) == 1 and "app.log.1.gz is damaged" in told[0]
    assert b"another" in shipper.bodies
    got = [body for body in shipper.bodies if body != b"another"]
    expected = LINES.split(b"\n")[:-1]
    readable = {"checksum": 20_000, "something after it": 20_000, "a header and nothing": 0}.get(damage, 9_000)
    assert readable <= len(got) <= 20_000 + 1
    assert got[:readable] == expected[:readable]


async def test_a_compressed_file_that_was_cut_and_is_whole_later_comes_whole(tmp_path: Path) -> None:
    packed = tmp_path / "app.log.gz"
    packed.write_bytes(WHOLE[:MIDDLE])
    shipper = Shipper(packed)
    await shipper.ship(quiet_seconds=301)
    with packed.open("ab") as file:
        file.write(WHOLE[MIDDLE:])
    await shipper.ship()
    # What was the end of what there was is a line of its own.
    assert b"".join(shipper.bodies) == LINES.replace(b"\n", b"")


@contextmanager
def ordinary_user(folder: Path) -> Iterator[None]:
    """Someone who may not read everything, as root may."""
    if os.geteuid() != 0:
        yield
        return
    os.chown(folder, 65534, 65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


async def test_an_unreadable_file_is_passed_over_said_once_and_read_when_it_can_be() -> None:
    with tempfile.TemporaryDirectory() as name, ordinary_user(Path(name)):
        folder = Path(name)
        for at in range(3):
            append(folder / f"{at}.log", f"line {at}")
        (folder / "1.log").chmod(0)
        told: list[str] = []
        troubles = Troubles(told.append)
        shipper = Shipper(folder / "*.log", troubles=troubles)
        for _ in range(3):
            await shipper.ship()
        assert sorted(shipper.bodies) == [b"line 0", b"line 2"]
        assert told == [f"{folder}/1.log can't be read: Permission denied"]
        assert len(troubles) == 1
        (folder / "1.log").chmod(0o600)
        assert await shipper.ship() == [b"line 1"]
        assert len(troubles) == 0
        append(folder / "3.log", "line 3")
        (folder / "3.log").chmod(0)
        await shipper.ship()
        assert len(troubles) == 1
        (folder / "3.log").unlink()
        await shipper.ship()
        assert len(troubles) == 0
        await shipper.source.close()


async def test_a_file_that_fails_while_it_is_read_keeps_no_other_waiting(tmp_path: Path) -> None:
    (tmp_path / "app.log").symlink_to("/sys/class/net/lo/speed")  # a regular file, which the kernel refuses to read
    append(tmp_path / "other.log", "fine")
    troubles = Troubles()
    shipper = Shipper(tmp_path / "*.log", troubles=troubles)
    assert await shipper.ship() == [b"fine"]
    assert len(troubles) == 1


HOLDER = """
import fcntl, os, signal, sys
signal.signal(signal.SIGIO, signal.SIG_IGN)
files = [os.open(path, os.O_RDWR) for path in sys.argv[1:]]
for file in files:
    fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def standing_still(*paths: Path) -> Iterator[Callable[[], None]]:
    """Opening these files does not return until the function given is called: as on a server that is gone, the kernel waits for
    somebody who does not answer, here the holder of a lease."""
    pipe = subprocess.PIPE
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, *map(str, paths)], stdin=pipe, stdout=pipe)
    assert holder.stdin is not None and holder.stdout is not None

    def let_go() -> None:
        holder.kill()
        holder.wait()

    try:
        if holder.stdout.readline() != b"held\n":
            pytest.skip("no leases here")
        yield let_go
    finally:
        let_go()


class Ticks:
    """Counts turns of the event loop, which sends heartbeats."""

    count = 0

    async def run(self) -> None:
        while True:
            await asyncio.sleep(0.01)
            self.count += 1


async def until(source: FileSource, bodies: list[bytes], count: int, seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while len(bodies) < count:
        assert time.monotonic() < ends, f"{len(bodies)} of {count}"
        chunk = await source.read(1000, 0.05)
        assert chunk is not None
        bodies += chunk.bodies


@pytest.mark.parametrize("stuck", [1, 3])
async def test_files_that_do_not_answer_are_named_and_the_others_go_on(tmp_path: Path, stuck: int) -> None:
    silent = [tmp_path / f"silent-{at}" / "app.log" for at in range(stuck)]
    other = tmp_path / "z" / "app.log"
    other.parent.mkdir()
    append(other, "z")
    told: list[str] = []
    troubles = Troubles(told.append)
    source = FileSource([f"{tmp_path}/*/app.log"], {}, troubles=troubles, scan_seconds=0.1, stuck_seconds=0.3)
    ticks, bodies = Ticks(), list[bytes]()
    ticking = asyncio.create_task(ticks.run())
    await until(source, bodies, 1)
    for path in silent:
        path.parent.mkdir()
        append(path, path.parent.name)
    with standing_still(*silent) as let_go:
        before = ticks.count
        while not told:
            bodies += (await source.read(1000, 0.05) or Chunk()).bodies
        assert ticks.count > before + 3
        append(other, "more")
        await until(source, bodies, 2)
        assert bodies == [b"z", b"more"]
        assert len(troubles) >= 1
        assert all("silent" in what and "does not answer" in what for what in told)
        let_go()
        await until(source, bodies, 2 + stuck)
    ticking.cancel()
    assert sorted(bodies) == sorted([b"z", b"more", *(path.parent.name.encode() for path in silent)])
    assert len(troubles) == 0
    await source.close()


FEW = """
import asyncio, sys
from pathlib import Path
from logmesh.producer.sources import Chunk
from logmesh.producer.sources.file import FileSource

async def main():
    source = FileSource([f"{sys.argv[1]}/*.log"], {})
    counts = {}
    for line in ("first", "second"):
        for at in range(2000):
            with open(f"{sys.argv[1]}/{at}.log", "a") as file:
                file.write(f"{line} {at}\\n")
        wanted = len(counts) + 2000
        while len(counts) < wanted:
            for body in (await source.read(1000, 1)).bodies:
                counts[body] = counts.get(body, 0) + 1
    assert set(counts.values()) == {1}

asyncio.run(main())
"""


def test_more_files_than_descriptors_are_all_read(tmp_path: Path) -> None:
    command = ["bash", "-c", 'ulimit -n 256; exec "$0" "$@"', sys.executable, "-c", FEW, str(tmp_path)]
    subprocess.run(command, check=True, timeout=60)


async def test_a_file_that_is_moved_while_it_is_looked_for_is_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, told = tmp_path / "app.log", list[str]()
    append(log, *numbers(0, 3))
    opened = OpenFiles.reader

    def rotated_meanwhile(files: OpenFiles, path: Path) -> Reader:
        if path == log:
            log.rename(tmp_path / "app.log.1")
        return opened(files, path)

    monkeypatch.setattr(OpenFiles, "reader", rotated_meanwhile)
    shipper = Shipper(tmp_path / "app.log*", troubles=Troubles(told.append))
    assert len(await shipper.ship()) == 3
    await shipper.source.close()
    assert not told
