"""The manifests' tests run once for each combination that a user can apply; without kubectl none is rendered."""

import pytest
from scripts.manifests import Combination, Object, combinations, has_kubectl, render

_NO_KUBECTL = pytest.mark.skipif(not has_kubectl(), reason="kubectl is not installed: nothing can be rendered")


@pytest.fixture(params=[pytest.param(found, id=found.name, marks=_NO_KUBECTL) for found in combinations()])
def objects(request: pytest.FixtureRequest) -> tuple[Object, ...]:
    combination: Combination = request.param
    return render(combination)
