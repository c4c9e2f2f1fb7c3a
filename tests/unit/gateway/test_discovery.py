"""Which servers a gRPC target stands for."""

from socket import AF_INET, AF_INET6

import pytest

from logmesh.gateway.processors.discovery import DiscoveryError, of_one_version, resolve_target


@pytest.mark.parametrize(
    ("target", "addresses"),
    [
        ("ipv4:127.0.0.12:2,127.0.0.11:1,127.0.0.11:1", ["127.0.0.11:1", "127.0.0.12:2"]),
        ("127.0.0.11:1, 127.0.0.12:2", ["127.0.0.11:1", "127.0.0.12:2"]),
        ("dns:///127.0.0.1:50052", ["127.0.0.1:50052"]),
        ("dns://8.8.8.8/127.0.0.1:50052", ["127.0.0.1:50052"]),
        ("dns:127.0.0.1", ["127.0.0.1:50052"]),
        ("ipv6:[::1]:5", ["[::1]:5"]),
    ],
)
async def test_every_address_of_a_target_is_found_once(target: str, addresses: list[str]) -> None:
    assert await resolve_target(target) == addresses


async def test_a_name_stands_for_its_addresses() -> None:
    assert "127.0.0.1:7" in await resolve_target("dns:///localhost:7")


def test_servers_that_have_addresses_of_both_versions_are_found_once() -> None:
    assert of_one_version(
        [(AF_INET6, "fd00::1"), (AF_INET, "10.0.0.1"), (AF_INET6, "fd00::2"), (AF_INET, "10.0.0.2")]
    ) == {
        "10.0.0.1",
        "10.0.0.2",
    }
    assert of_one_version([(AF_INET6, "fd00::1"), (AF_INET, "10.0.0.1"), (AF_INET6, "fd00::2")]) == {
        "fd00::1",
        "fd00::2",
    }
    assert of_one_version([]) == set()


@pytest.mark.parametrize("target", ["", ",", "dns:///nowhere.invalid:1", "127.0.0.1:http", "127.0.0.1:99999", ":5"])
async def test_a_target_that_names_nothing_is_an_error_that_names_it(target: str) -> None:
    with pytest.raises(DiscoveryError):
        await resolve_target(target)
