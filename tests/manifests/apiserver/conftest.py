"""One API server for all tests that ask it, with the definitions of every custom resource that is applied anywhere."""

from collections.abc import Iterator

import pytest
from scripts.custom_resources import FOLDER as DEFINITIONS
from scripts.manifests import Object, combinations, render
from tests.manifests.apiserver.cluster import Cluster, running


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running(tmp_path_factory.mktemp("cluster")) as cluster:
        # Some are too large for the annotation that kubectl keeps otherwise.
        cluster.kubectl("apply", "--server-side", "-f", str(DEFINITIONS))
        cluster.kubectl("wait", "--for=condition=Established", "customresourcedefinitions", "--all", "--timeout=60s")
        yield cluster


@pytest.fixture
def base() -> tuple[Object, ...]:
    return render(combinations()[0])
