"""The quota of each combination has room for all that controllers make of it at its full size, load balancers' node ports among it."""

import re
from collections import defaultdict
from collections.abc import Iterable

from scripts.manifests import Object
from tests.manifests.apiserver.controllers import made_of
from tests.manifests.workloads import namespace_of, of_kind

_UNITS = {"": 1.0, "m": 1e-3, "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}


def test_what_controllers_make_is_within_the_quota(objects: tuple[Object, ...]) -> None:
    for quota in of_kind(objects, "ResourceQuota"):
        namespace = namespace_of(quota)
        made = [item for item in made_of(objects) if namespace_of(item) == namespace]
        used = _used(made)
        assert used["pods"]
        hard = {name: _number(value) for name, value in quota["spec"]["hard"].items()}
        assert used.keys() <= hard.keys() | {"limits.cpu"}
        over = {name: (used[name], bound) for name, bound in hard.items() if used[name] > bound}
        assert not over


def _used(made: Iterable[Object]) -> dict[str, float]:
    """As an API server counts it."""
    used: dict[str, float] = defaultdict(float)
    for item in made:
        spec = item.get("spec", {})
        match item["kind"]:
            case "Pod":
                used["pods"] += 1
                for name, amount in _asked(spec).items():
                    used[name] += amount
            case "PersistentVolumeClaim":
                used["persistentvolumeclaims"] += 1
                used["requests.storage"] += _number(spec["resources"]["requests"]["storage"])
            case "Service" if spec["type"] == "LoadBalancer":
                used["services.loadbalancers"] += 1
                # One for each, unless the Service says that it needs none.
                used["services.nodeports"] += len(spec["ports"])
    return used


def _asked(pod: Object) -> dict[str, float]:
    """What its containers ask for together, or one of those before them by itself where that is more."""
    asked: dict[str, float] = defaultdict(float)
    for container in pod["containers"]:
        for name, amount in _amounts(container).items():
            asked[name] += amount
    for container in pod.get("initContainers", ()):
        for name, amount in _amounts(container).items():
            asked[name] = max(asked[name], amount)
    return asked


def _amounts(container: Object) -> dict[str, float]:
    groups = container["resources"].items()
    return {f"{group}.{name}": _number(amount) for group, amounts in groups for name, amount in amounts.items()}


def _number(quantity: str) -> float:
    found = re.fullmatch(r"([\d.]+)(\w*)", str(quantity))
    assert found, quantity
    return float(found[1]) * _UNITS[found[2]]
