"""What the owner of a container asks of whoever reads its log."""

import pytest

from logmesh.producer.containers.hints import NO_HINTS, Hints, read_hints


@pytest.mark.parametrize(
    ("said", "hints"),
    [
        ({}, NO_HINTS),
        ({"exclude": "true", "other.io/exclude": "true"}, NO_HINTS),
        ({"logmesh.io/exclude": "true"}, Hints(excluded=True)),
        ({"logmesh.io/exclude": " YES "}, Hints(excluded=True)),
        ({"logmesh.io/exclude": "false"}, NO_HINTS),
        ({"logmesh.io/exclude.web": "true"}, Hints(excluded=True)),
        ({"logmesh.io/exclude.proxy": "true"}, NO_HINTS),
        ({"logmesh.io/exclude": "true", "logmesh.io/exclude.web": "false"}, NO_HINTS),
        (
            {"logmesh.io/service": "shop", "logmesh.io/join": "false", "logmesh.io/timezone": "Europe/Berlin"},
            Hints(service="shop", join=False, timezone="Europe/Berlin"),
        ),
        ({"logmesh.io/join.web": "true", "logmesh.io/join": "false"}, Hints(join=True)),
    ],
)
def test_hints_are_read_and_those_of_a_container_go_first(said: dict[str, str], hints: Hints) -> None:
    assert read_hints(said, "web") == hints


@pytest.mark.parametrize(
    ("key", "value"), [("exclude", "maybe"), ("join", "2"), ("service", "s" * 256), ("timezone", "Mars/Olympus")]
)
def test_what_can_t_be_followed_is_said_and_left_to_the_settings(key: str, value: str) -> None:
    hints = read_hints({f"logmesh.io/{key}": value})
    assert hints._replace(faults=()) == NO_HINTS
    (fault,) = hints.faults
    assert fault.startswith(f"logmesh.io/{key}")
