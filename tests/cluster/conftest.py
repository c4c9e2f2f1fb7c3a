"""Tests in a cluster that may be changed: `LOGMESH_TEST_CLUSTER` names it as kubectl does, for example kind-log-system.

The images must be there (scripts/build.sh), NetworkPolicies be enforced, and metrics be served (scripts/setup-cluster.sh sees to all).
Each module deploys into an empty cluster, and leaves an empty one.
"""

from collections.abc import Iterator

import pytest
from tests.cluster.cluster import NAMESPACES, context, run, stop_producers


@pytest.fixture(scope="module")
def empty_cluster() -> Iterator[None]:
    """Refuses a cluster where Logmesh is already, or which is not the one that kubectl and the scripts will talk to."""
    current = run("kubectl", "config", "current-context").strip()
    if current != context():
        pytest.fail(f"kubectl's context is {current}: kubectl config use-context {context()}")
    there = run("kubectl", "get", "namespaces", "--ignore-not-found", "--output=name", *NAMESPACES).split()
    if there:
        pytest.fail(f"{context()} has {' and '.join(there)} already: these tests would remove what is in there")
    yield
    stop_producers()
    run("kubectl", "delete", "namespaces", "--ignore-not-found", *NAMESPACES)
