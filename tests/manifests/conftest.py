"""The manifests' tests run once for each combination that a user can apply; without kubectl none is rendered."""

import pytest
from scripts.manifests import Combination, Object, combinations, render

_NO_KUBECTL = pytest.mark.needs("kubectl")


@pytest.fixture(params=[pytest.param(found, id=found.name, marks=_NO_KUBECTL) for found in combinations()])
def objects(request: pytest.FixtureRequest) -> tuple[Object, ...]:
    combination: Combination = request.param
    return render(combination)
