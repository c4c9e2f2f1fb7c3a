"""One `logmesh up` for the tests that leave it as they found it; those that stop it or ask it for more start their own."""

from collections.abc import Iterator

import pytest
from tests.e2e.test_up import Running, begun, own_loopback


@pytest.fixture(scope="package")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Two processors, and a producer that makes 100 records a second; a test may add records of services of its own."""
    running = Running(begun(tmp_path_factory.mktemp("up") / "data"), "--rate", "100", loopback=own_loopback())
    try:
        running.wait_for("Logmesh is up")
        running.wait_for("stream is open")
        yield running
    finally:
        running.stop()
