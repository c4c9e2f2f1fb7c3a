"""What a process has of its certificates' files: the newest that can be used, and one line about those that can't."""

import logging
from pathlib import Path

import pytest
from tests.integration.renewed import CA, CERT, KEY, Authority, Volume

from logmesh import Client
from logmesh.client.channel import Dialer
from logmesh.client.tls import TlsFiles


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    """A certificate of its own authority."""
    return Volume(tmp_path / "tls", "log-processor", Authority())


@pytest.fixture
def tls(volume: Volume) -> TlsFiles:
    """The same, as read."""
    found = TlsFiles(volume.files.cert, volume.files.key, volume.files.ca)
    assert found.current().certificate == volume.files.cert.read_bytes()
    return found


def test_what_has_not_changed_is_the_same_object_and_what_has_is_read(volume: Volume, tls: TlsFiles) -> None:
    before = tls.current()
    assert tls.current() is before
    volume.exchange({CERT: before.certificate, KEY: before.key, CA: before.authorities})
    assert tls.current() is before  # other files, which hold the same
    volume.renew()
    after = tls.current()
    assert after is not before and after is tls.current()
    assert (after.certificate, after.key) == (volume.files.cert.read_bytes(), volume.files.key.read_bytes())


def test_paths_may_be_strings(volume: Volume) -> None:
    cert, key, ca = (str(path) for path in (volume.files.cert, volume.files.key, volume.files.ca))
    assert TlsFiles(cert, key, ca).current().key == volume.files.key.read_bytes()
    with Client("localhost:1", tls=ca):
        pass
    with pytest.raises(OSError, match=r"'\.'"):  # an empty one is no way to say plaintext
        Client("localhost:1", tls="")


@pytest.mark.parametrize("broken", ["mismatched", "half", "no authority", "gone"])
def test_what_cannot_be_used_takes_no_place_and_is_told_once(
    volume: Volume, tls: TlsFiles, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = tls.current()
    cert, key = volume.authority.issue("log-processor")
    contents = {
        "mismatched": {CERT: cert, KEY: before.key, CA: before.authorities},
        "half": {CERT: cert[: len(cert) // 2], KEY: key, CA: before.authorities},
        "no authority": {CERT: cert, KEY: key, CA: b""},
        "gone": {CERT: cert, CA: before.authorities},
    }[broken]
    with caplog.at_level(logging.WARNING, "logmesh"):
        volume.exchange(contents)
        assert {id(tls.current()) for _ in range(5)} == {id(before)}
        (told,) = caplog.messages
        assert "certificates in use are kept" in told and str(volume.folder) in told
        volume.exchange({CERT: cert, KEY: key, CA: before.authorities})
        assert tls.current().certificate == cert
        assert len(caplog.messages) == 1


def test_certificates_that_never_could_be_read_are_an_error(volume: Volume, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="none"):
        TlsFiles(volume.files.cert, tmp_path / "none", volume.files.ca).current()
    other = Volume(tmp_path / "other", "gateway", volume.authority)
    with pytest.raises(OSError, match="are not a certificate and its key"):
        TlsFiles(volume.files.cert, other.files.key, volume.files.ca).current()


async def test_a_dialer_is_outdated_once_the_files_are_newer_than_its_channel(volume: Volume, tls: TlsFiles) -> None:
    dialer = Dialer("127.0.0.1:1", tls)
    async with dialer.open():
        assert not dialer.outdated
        volume.renew()
        assert dialer.outdated
        async with dialer.open():
            assert not dialer.outdated
