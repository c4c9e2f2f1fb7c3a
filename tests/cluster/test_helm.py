"""The chart on real nodes: installed and waited for, tested by its own tests, upgraded, and installed again on what it left."""

from collections.abc import Iterator

import pytest
from scripts.manifests import CHART
from tests.cluster.cluster import eventually, run, status, stop_producers, stored
from tests.manifests.chart import find_helm

pytestmark = [
    pytest.mark.needs("cluster"),
    pytest.mark.needs("helm"),
    pytest.mark.timeout(900),
]

# As small as the overlay kind.
SMALL = {
    "processor.resources.requests.cpu": "100m",
    "gateway.resources.requests.cpu": "50m",
    "timescaledb.resources.requests.cpu": "250m",
}


def helm(*arguments: str) -> str:
    return run(str(find_helm()), *arguments, "--namespace=log-system", "--timeout=5m")


@pytest.fixture
def installed(empty_cluster: None) -> Iterator[None]:
    helm("install", "log-system", str(CHART), "--create-namespace", "--wait", *_settings())
    yield
    stop_producers()
    helm("uninstall", "log-system", "--wait")


def test_a_release_lives(installed: None) -> None:
    assert helm("test", "log-system").count("Phase:          Succeeded") == 3
    eventually(lambda: stored() > 1000)
    before = stored()
    helm("upgrade", "log-system", str(CHART), "--wait", *_settings(), "--set=processor.canary.replicas=1")
    stop_producers()
    helm("uninstall", "log-system", "--wait")
    helm("install", "log-system", str(CHART), "--wait", *_settings())
    # Volumes and passwords were kept.
    assert stored() >= before
    assert status()["lost_batches"] == 0


def _settings() -> list[str]:
    return [f"--set={key}={value}" for key, value in SMALL.items()]
