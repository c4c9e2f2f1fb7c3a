"""What is kept small while the system runs, and what its processes inherit."""

from pathlib import Path

from logmesh.cli.local.components import child_environment, keep_small


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


def test_a_process_gets_the_persons_environment_without_another_systems_settings() -> None:
    assert child_environment({"PATH": "/bin", "LOGMESH_TARGET": "elsewhere"}, {"LOGMESH_NAME": "gateway"}) == {
        "PATH": "/bin", "LOGMESH_NAME": "gateway", "LOGMESH_LOG_FORMAT": "json", "GRPC_VERBOSITY": "NONE"
    }  # fmt: skip
    assert child_environment({"GRPC_VERBOSITY": "ERROR"}, {})["GRPC_VERBOSITY"] == "ERROR"
