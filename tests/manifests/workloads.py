"""Rendered objects as a scheduler sees them: which pods they make, with which labels, ports and programs."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.manifests import Object, title

# Where each kind that makes pods keeps their template.
TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}


@dataclass(frozen=True, slots=True)
class Workload:
    """What makes pods that are all alike."""

    owner: Object
    template: Object

    @property
    def title(self) -> str:
        return title(self.owner)

    @property
    def name(self) -> str:
        return str(self.owner["metadata"]["name"])

    @property
    def namespace(self) -> str:
        return namespace_of(self.owner)

    @property
    def labels(self) -> dict[str, str]:
        return dict(self.template["metadata"].get("labels", {}))

    @property
    def pod(self) -> Object:
        """The pod's spec."""
        return dict(self.template["spec"])

    @property
    def containers(self) -> list[Object]:
        """All of them, those that run before the others first."""
        return [*self.pod.get("initContainers", ()), *self.pod["containers"]]

    @property
    def ports(self) -> dict[str, int]:
        """Number of each named port."""
        return {
            port["name"]: port["containerPort"] for container in self.containers for port in container.get("ports", ())
        }


def namespace_of(item: Object) -> str:
    return str(item["metadata"].get("namespace", "default"))


def workloads(objects: Iterable[Object]) -> list[Workload]:
    """Those among `objects`."""
    found = []
    for item in objects:
        if path := TEMPLATES.get(item["kind"]):
            template: Any = item
            for step in path:
                template = template[step]
            found.append(Workload(item, template))
    return found


def of_kind(objects: Iterable[Object], *kinds: str) -> Iterator[Object]:
    return (item for item in objects if item["kind"] in kinds)


def selects(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Whether a label selector, with matchLabels and matchExpressions, selects; None selects nothing, {} everything."""
    if selector is None:
        return False
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_holds(expression, labels) for expression in selector.get("matchExpressions") or ())


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value = labels.get(expression["key"])
    match expression["operator"]:
        case "In":
            return value in expression["values"]
        case "NotIn":
            return value not in expression["values"]
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case operator:
            raise AssertionError(f"no such operator: {operator}")
