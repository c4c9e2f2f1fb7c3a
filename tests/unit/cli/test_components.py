"""What is kept small while the system runs."""

from pathlib import Path

from logmesh.cli.local.components import keep_small


def test_a_log_that_has_grown_begins_anew_under_its_writer(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    keep_small(path, 10)  # not there yet
    with path.open("ab") as log:
        log.write(b"x" * 10)
        log.flush()
        keep_small(path, 10)
        assert path.stat().st_size == 10
        log.write(b"y")
        log.flush()
        keep_small(path, 10)
        log.write(b"z")
    assert path.read_bytes() == b"z"
