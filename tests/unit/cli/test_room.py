"""What is said where the system can't listen, and that what is offered would do."""

import re
import shlex
import socket
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from logmesh.cli.local.errors import LocalError, WrongOption
from logmesh.cli.local.plan import LocalOptions, listening
from logmesh.cli.local.room import options_with_room, require_room

# A network of the test's own, so that a Logmesh that runs here is left alone.
OPTIONS = LocalOptions(Path("data"), loopback="127.77.3", api_port=18080, dashboard_port=13000, producers=0)


def followed(options: LocalOptions, offer: list[str]) -> LocalOptions:
    """The options with what is offered."""
    given = dict(zip(offer[::2], offer[1::2], strict=True))
    return replace(
        options,
        loopback=given.get("--loopback", options.loopback),
        api_port=int(given.get("--port", options.api_port)),
        dashboard_port=int(given.get("--dashboard-port", options.dashboard_port)),
    )


@pytest.mark.parametrize(
    ("taken", "offer"),
    [
        ([("1", 18080)], ["--port", "18081"]),
        ([("1", 13000)], ["--dashboard-port", "13001"]),
        ([("1", 18080), ("1", 18081), ("1", 13000)], ["--port", "18082", "--dashboard-port", "13001"]),
        ([("11", 50052)], ["--loopback"]),
        ([("1", 50050), ("1", 18080)], ["--loopback"]),
    ],
)
def test_what_is_offered_would_do(taken: list[tuple[str, int]], offer: list[str]) -> None:
    with ExitStack() as listeners:
        for last, port in taken:
            listeners.enter_context(socket.create_server((f"{OPTIONS.loopback}.{last}", port)))
        with pytest.raises(LocalError, match=r"^127\.77\.3\.\d+:\d+ is in use, and .* needs it: stop what") as caught:
            require_room(OPTIONS)
        said = re.search(r", or run with (.*)$", str(caught.value))
        assert said and shlex.split(said[1])[: len(offer)] == offer
        require_room(followed(OPTIONS, shlex.split(said[1])))
    require_room(OPTIONS)


def test_what_is_taken_on_every_network_is_not_offered_on_another() -> None:
    def free(host: str, port: int) -> bool:
        return port not in (18080, 13000) and host not in ("127.77.3.11", "127.0.1.11")

    offer = options_with_room(OPTIONS, free)
    assert offer == ["--loopback", "127.0.2", "--port", "18081", "--dashboard-port", "13001"]


def test_ports_that_other_parts_have_are_not_offered() -> None:
    options = replace(OPTIONS, api_port=8000, dashboard_port=8001, producers=3)
    # producers have 8000 to 8002
    assert options_with_room(options, lambda _host, _port: True) == ["--port", "8003", "--dashboard-port", "8004"]


def test_where_nothing_is_free_nothing_is_offered() -> None:
    assert options_with_room(OPTIONS, lambda _host, _port: False) == []


@pytest.mark.parametrize("port", [13000, 50050, 9090, 9091])
def test_a_port_of_another_part_is_a_wrong_option(port: int) -> None:
    with pytest.raises(WrongOption, match=f"can't both listen on 127.77.3.1:{port}: choose another port"):
        require_room(replace(OPTIONS, api_port=port))


def test_what_listens_where_is_named() -> None:
    assert {who for _, _, who in listening(OPTIONS)} >= {"the API", "the dashboard", "the gateway", "log-processor-0"}
