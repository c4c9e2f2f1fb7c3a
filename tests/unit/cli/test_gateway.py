"""Which gateway a command asks."""

from pathlib import Path

import pytest

from logmesh.cli import gateway
from logmesh.cli.errors import USAGE, CommandError
from logmesh.cli.gateway import DEFAULT_GATEWAY, find_gateway, gateway_client
from logmesh.cli.local.run_state import RunState, only_instance, write_run_state

RUNNING = RunState(1, "127.0.1.1:8080", "t", [], "c", "k", "a", "d", {})


def test_what_runs_in_the_data_folder_is_asked_unless_another_is_named(tmp_path: Path) -> None:
    with only_instance(tmp_path):
        write_run_state(tmp_path, RUNNING)
        assert find_gateway(None, tmp_path) == "http://127.0.1.1:8080"
        assert find_gateway("elsewhere:1", tmp_path) == "elsewhere:1"


def test_a_chosen_folder_where_nothing_runs_is_not_answered_by_another_system(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=f"nothing runs in {tmp_path}"):
        find_gateway(None, tmp_path)
    assert find_gateway("elsewhere:1", tmp_path) == "elsewhere:1"


def test_where_nothing_is_chosen_and_nothing_runs_it_is_localhost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "DEFAULT_DATA_DIR", tmp_path)
    assert find_gateway(None, tmp_path) == DEFAULT_GATEWAY


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("localhost:8080", "localhost:8080"),
        ("localhost", "localhost:8080"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://logs.example.com", "http://logs.example.com:80"),
        ("https://logs.example.com/", "https://logs.example.com:443"),
        ("https://logs.example.com:8443", "https://logs.example.com:8443"),
        ("[::1]:8080", "[::1]:8080"),
        ("http://[::1]", "http://[::1]:80"),
        ("::1", "[::1]:8080"),
        ("https://::1", "https://[::1]:443"),
        ("localhost:", "localhost:8080"),
        ("dns:///logs:8080", "dns:///logs:8080"),
        (" 127.0.0.1:1 ", "127.0.0.1:1"),
    ],
)
def test_an_address_may_be_written_as_in_a_browser(tmp_path: Path, given: str, asked: str) -> None:
    assert find_gateway(given, tmp_path) == asked


@pytest.mark.parametrize("given", ["ftp://localhost", "http://localhost:8080/v1/logs", "https://", "://localhost", " "])
def test_what_is_no_address_is_refused_with_what_to_write(tmp_path: Path, given: str) -> None:
    with pytest.raises(CommandError, match=r"http://host:port|leave /v1/logs away") as caught:
        find_gateway(given, tmp_path)
    assert caught.value.exit_code == USAGE


@pytest.mark.parametrize("token", ["two\nlines", "emojis are no ASCII: \N{GRINNING FACE}"])
def test_what_is_no_token_is_a_wrong_option(tmp_path: Path, token: str) -> None:
    with (
        pytest.raises(CommandError, match=r"that is no token.*LOGMESH_TOKEN") as caught,
        gateway_client("g:1", tmp_path, token),
    ):
        pass
    assert caught.value.exit_code == USAGE
