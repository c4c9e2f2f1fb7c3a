"""Compressed files, in every kind that is unpacked: whole, in members, damaged and cut; and the others, refused with a word."""

import bz2
import gzip
import io
import lzma
import random
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from tests.integration.producer.shipper import Shipper, append, numbers

from logmesh.producer.sources.reading import BLOCK_BYTES, PackedReader
from logmesh.producer.sources.troubles import Troubles
from logmesh.producer.sources.unpacking import unpacker_for

_NOISE = random.Random(7)
LINES = "".join(f"{line} {_NOISE.random()}\n" for line in numbers(0, 5_000)).encode()
EXPECTED = LINES.split(b"\n")[:-1]


def _zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


def _xz(data: bytes) -> bytes:
    return lzma.compress(data, preset=1)


KINDS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "zst": _zstd,
    "xz": _xz,
    "bz2": bz2.compress,
}


@pytest.mark.parametrize("follow", [False, True])
@pytest.mark.parametrize("kind", KINDS)
async def test_it_is_unpacked_whatever_its_name(tmp_path: Path, kind: str, follow: bool) -> None:
    for name in (f"app.log.1.{kind}", "oddly.log"):
        (tmp_path / name).write_bytes(KINDS[kind](LINES))
    troubles = Troubles()
    shipper = Shipper(tmp_path / "*", follow=follow, troubles=troubles)
    await shipper.ship()
    await shipper.restart()
    await shipper.ship()
    assert sorted(shipper.bodies) == sorted(EXPECTED * 2)
    assert len(troubles) == 0


@pytest.mark.parametrize("kind", KINDS)
async def test_members_come_one_after_another(tmp_path: Path, kind: str) -> None:
    pack = KINDS[kind]
    packed = pack(LINES[:100_001]) + pack(b"") + pack(LINES[100_001:])
    (tmp_path / "app.log").write_bytes(packed + (bytes(8) if kind in ("gz", "xz") else b""))
    troubles = Troubles()
    shipper = Shipper(tmp_path / "*", follow=False, troubles=troubles)
    assert await shipper.ship() == EXPECTED
    assert len(troubles) == 0


@pytest.mark.parametrize("damage", ["cut", "flipped", "something behind"])
@pytest.mark.parametrize("kind", KINDS)
async def test_what_precedes_damage_is_read_and_the_file_named(tmp_path: Path, kind: str, damage: str) -> None:
    packed = b"".join(KINDS[kind](LINES[at : at + 50_000]) for at in range(0, len(LINES), 50_000))
    at = len(packed) * 3 // 4
    damaged = {
        "cut": packed[:at],
        "flipped": packed[:at] + bytes([packed[at] ^ 0xFF]) + packed[at + 1 :],
        "something behind": packed + b"something else",
    }[damage]
    (tmp_path / f"app.log.{kind}").write_bytes(damaged)
    told: list[str] = []
    troubles = Troubles(told.append)
    shipper = Shipper(tmp_path / "*", follow=False, troubles=troubles)
    got = await shipper.ship()
    assert len(told) == 1 and f"app.log.{kind} is damaged" in told[0]
    # What comes of a damaged block before its checksum tells is not known to be wrong.
    whole = 5_000 if damage == "something behind" else 3_000
    assert got[:whole] == EXPECTED[:whole]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_rotated_file_goes_on_in_its_copy(tmp_path: Path, kind: str) -> None:
    log = tmp_path / "app.log"
    append(log, *numbers(0, 40))
    shipper = Shipper(tmp_path / "app.log*", limit=9)
    await shipper.ship_one()
    await shipper.restart()
    (tmp_path / f"app.log.1.{kind}").write_bytes(KINDS[kind](log.read_bytes()))
    log.unlink()
    append(log, *numbers(40, 50))
    await shipper.ship()
    await shipper.restart()
    await shipper.ship()
    assert sorted(shipper.bodies) == sorted(line.encode() for line in numbers(0, 50))


@pytest.mark.parametrize("kind", KINDS)
def test_little_that_becomes_much_takes_little_memory(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(KINDS[kind](bytes(64 << 20)))
    unpacker = unpacker_for(path.read_bytes()[:16])
    assert unpacker is not None
    reader = PackedReader(path, unpacker)
    tracemalloc.start()
    try:
        at = 0
        while data := reader.read(at, BLOCK_BYTES):
            at += len(data)
        assert at == 64 << 20 and reader.complete
        assert tracemalloc.get_traced_memory()[1] < 40 << 20
    finally:
        tracemalloc.stop()
        reader.close()


def _tar() -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as tar:
        member = tarfile.TarInfo("app.log")
        member.size = 3
        tar.addfile(member, io.BytesIO(b"one"))
    return held.getvalue()


def _zip() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("app.log", "one")
    return held.getvalue()


REFUSED = {
    "lz4": (bytes.fromhex("04224d186440a7") + b"\x04\0\0\x80one\n" + bytes(4), "lz4", "lz4 -d app.log"),
    "zip": (_zip(), "zip archive", "unzip app.log"),
    "tar.gz": (_tar(), "tar archive", "tar -xf app.log"),
    "utf-32": ("one\n".encode("utf-32"), "UTF-32", "iconv -f UTF-32 -t UTF-8 app.log"),
    "journal": (b"LPKSHHRH" + bytes(300), "journal of systemd", "journalctl --file app.log"),
}


@pytest.mark.parametrize("follow", [False, True])
@pytest.mark.parametrize("kind", REFUSED)
async def test_what_is_no_text_is_refused_with_what_to_do(tmp_path: Path, kind: str, follow: bool) -> None:
    data, what, remedy = REFUSED[kind]
    (tmp_path / "app.log").write_bytes(data)
    append(tmp_path / "other.log", "fine")
    told: list[str] = []
    troubles = Troubles(told.append)
    shipper = Shipper(tmp_path / "*.log", follow=follow, troubles=troubles)
    await shipper.ship()
    assert await shipper.ship() == [] and shipper.bodies == [b"fine"]
    assert len(told) == len(troubles) == 1
    assert f"{tmp_path}/app.log can't be read" in told[0] and what in told[0] and remedy in told[0]
