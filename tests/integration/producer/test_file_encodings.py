"""Files that are not in UTF-8, followed and started anew: their text comes once."""

import gzip
from pathlib import Path

import pytest
from tests.integration.producer.shipper import Shipper

LINES = [f"2025-01-02T03:04:05Z INFO größer 🚀 {number}" for number in range(40)]


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
async def test_a_followed_file_is_decoded(tmp_path: Path, encoding: str, restart: bool) -> None:
    log = tmp_path / "app.log"
    written = "".join(f"{line}\r\n" for line in LINES).encode(encoding)
    shipper = Shipper(log, limit=7)
    for at in range(0, len(written), 333):
        with log.open("ab") as file:
            file.write(written[at : at + 333])
        await shipper.ship(quiet_seconds=0)
        if restart:
            await shipper.restart()
    await shipper.ship()
    assert shipper.bodies == [f"{line}\r".encode() for line in LINES]
    assert set(shipper.times) == {1_735_787_045_000_000_000}


async def test_what_is_packed_is_decoded_and_goes_on_in_a_copy(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_bytes("".join(f"{line}\n" for line in LINES).encode("utf-16"))
    shipper = Shipper(tmp_path / "app.log*", limit=7)
    await shipper.ship_one()
    await shipper.restart()
    (tmp_path / "app.log.1.gz").write_bytes(gzip.compress(log.read_bytes()))
    log.unlink()
    await shipper.ship()
    assert shipper.bodies == [line.encode() for line in LINES]


@pytest.mark.parametrize(
    "line", [b"caf\xe9 in latin-1", b"\x83G\x83\x89\x81[ in shift-jis", bytes(range(1, 10)), b"x" + bytes(4096) + b"x"]
)
async def test_other_bytes_stay_as_they_are(tmp_path: Path, line: bytes) -> None:
    log = tmp_path / "app.log"
    log.write_bytes(line + b"\nnext\n")
    assert await Shipper(log).ship() == [line, b"next"]
