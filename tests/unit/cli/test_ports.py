"""Which loopback networks are taken, and what is said of a port that can't be had."""

import socket
from pathlib import Path

import pytest

from logmesh.cli.local.errors import LocalError, WrongOption
from logmesh.cli.local.ports import check_loopback, free_port, is_free, require_free


@pytest.mark.parametrize("text", ["127.0.0", "127.0.1", "127.255.255"])
def test_the_first_three_numbers_of_a_loopback_network_are_taken(text: str) -> None:
    assert check_loopback(text) == text


@pytest.mark.parametrize("text", ["", "abc", "127.0.999", "10.0.0", "127.0", "127.0.0.1", "127.0.0 ", "::1"])
def test_anything_else_is_a_wrong_option_in_one_line(text: str) -> None:
    with pytest.raises(WrongOption, match="must be the first three numbers of a loopback network") as caught:
        check_loopback(text)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_free_port_is_none_that_a_connection_may_take_before_a_server_does() -> None:
    low, high = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    ports = {free_port() for _ in range(50)}
    assert not [port for port in ports if low <= port <= high]
    assert len(ports) == 50, "none is given out twice, though nobody listens yet"


def test_a_port_in_use_is_said_with_what_to_do() -> None:
    port = free_port()
    require_free("127.0.0.1", port, "the edge")
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free("127.0.0.1", port)
        with pytest.raises(LocalError, match=rf"^127\.0\.0\.1:{port} is in use, and the edge needs it: go away$"):
            require_free("127.0.0.1", port, "the edge", "go away")


def test_an_address_of_another_machine_is_not_called_in_use() -> None:
    # 192.0.2.0/24 is for documents: no machine has it.
    with pytest.raises(LocalError, match=r"^192\.0\.2\.1 is not an address of this machine, and the edge needs it$"):
        require_free("192.0.2.1", 8080, "the edge")
