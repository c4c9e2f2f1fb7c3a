"""What a pod, as the API server describes it, says of its containers' records: labels, annotations, node, owner, images, hints."""

import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from logmesh.producer.containers.container import MOST_VALUE_BYTES, Container, cut_text, labels_as_attributes
from logmesh.producer.containers.hints import PREFIX, read_hints
from logmesh.producer.containers.images import image_attributes
from logmesh.producer.containers.kubelet import Place
from logmesh.record.limits import MAX_NAME_BYTES

_STATIC: Final = "kubernetes.io/config.hash"
"""The annotation that has the identity which a static pod's paths bear, instead of its `uid`."""

_TEMPLATE_HASH: Final = "pod-template-hash"
_AT_A_MINUTE: Final = re.compile(r"(.+)-\d{8,9}")
_MOST_CONTAINERS: Final = 100
_KINDS: Final = {
    "ReplicaSet": "k8s.replicaset.name",
    "StatefulSet": "k8s.statefulset.name",
    "DaemonSet": "k8s.daemonset.name",
    "Job": "k8s.job.name",
}


class Wanted(NamedTuple):
    """Which labels and annotations become attributes."""

    is_label: Callable[[str], object]
    is_annotation: Callable[[str], object]


def wanted(labels: Iterable[str], annotations: Iterable[str]) -> Wanted:
    """Those whose names match any of these globs, such as `app.kubernetes.io/*`."""
    return Wanted(_matcher(labels), _matcher(annotations))


def _matcher(globs: Iterable[str]) -> Callable[[str], object]:
    patterns = [fnmatch.translate(glob) for glob in globs]
    return re.compile("|".join(patterns) if patterns else "(?!)").match


class Pod(NamedTuple):
    """One pod, without what its containers' records don't need."""

    uid: str
    key: str
    """Its identity in the paths of its logs."""
    workload: str
    """The name of what owns it; empty where nothing that is known does."""
    attributes: dict[str, Any]
    images: dict[str, str]
    """By container."""
    hints: dict[str, str]
    """Annotations that are ours."""

    def container_at(self, place: Place) -> Container:
        """The container whose log is at `place`, which is of this pod."""
        known = place.container_by_path()
        hints = read_hints(self.hints, place.container)
        attributes = known.attributes | self.attributes | image_attributes(self.images.get(place.container, ""))
        return Container(hints.service or self.workload or known.service, known.instance, attributes, hints)


def read_pod(given: Any, which: Wanted) -> Pod | None:
    """The pod that this object describes; None where it is none. What is missing or of a wrong kind is taken for absent."""
    metadata, spec = _table(given, "metadata"), _table(given, "spec")
    uid = metadata.get("uid")
    if not isinstance(uid, str) or not uid:
        return None
    labels, annotations = _texts(metadata, "labels"), _texts(metadata, "annotations")
    owners, workload = _owners(metadata, labels)
    attributes: dict[str, Any] = {}
    if isinstance(node := spec.get("nodeName"), str) and node:
        attributes["k8s.node.name"] = cut_text(node, MAX_NAME_BYTES)
    attributes |= owners
    attributes |= labels_as_attributes("k8s.pod.label", labels, filter(which.is_label, labels))
    attributes |= labels_as_attributes("k8s.pod.annotation", annotations, filter(which.is_annotation, annotations))
    images = {
        container["name"]: cut_text(container["image"], MAX_NAME_BYTES)
        for kind in ("initContainers", "containers", "ephemeralContainers")
        for container in _list(spec, kind)[:_MOST_CONTAINERS]
        if isinstance(container, dict) and isinstance(container.get("name"), str) and isinstance(container.get("image"), str)
    }  # fmt: skip
    hints = {key: cut_text(value, MOST_VALUE_BYTES) for key, value in annotations.items() if key.startswith(PREFIX)}
    return Pod(uid, annotations.get(_STATIC, uid), workload, attributes, images, hints)


def _owners(metadata: Mapping[str, Any], labels: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """What owns a pod, directly and as names tell above that, as attributes; and the name of the topmost."""
    for owner in _list(metadata, "ownerReferences"):
        if not isinstance(owner, dict) or owner.get("controller") is not True:
            continue
        kind, name = owner.get("kind"), owner.get("name")
        if not isinstance(name, str) or not isinstance(kind, str) or kind not in _KINDS:
            return {}, ""
        name = cut_text(name, MAX_NAME_BYTES)
        attributes = {_KINDS[kind]: name}
        made_by = f"-{labels.get(_TEMPLATE_HASH, '')}"
        if kind == "ReplicaSet" and len(made_by) > 1 and name.endswith(made_by):
            name = attributes["k8s.deployment.name"] = name.removesuffix(made_by)
        elif kind == "Job" and (found := _AT_A_MINUTE.fullmatch(name)):
            name = attributes["k8s.cronjob.name"] = found[1]
        return attributes, name
    return {}, ""


def _table(given: Any, name: str) -> dict[str, Any]:
    found = given.get(name) if isinstance(given, dict) else None
    return found if isinstance(found, dict) else {}


def _list(given: Mapping[str, Any], name: str) -> list[Any]:
    found = given.get(name)
    return found if isinstance(found, list) else []


def _texts(given: Mapping[str, Any], name: str) -> dict[str, str]:
    return {key: value for key, value in _table(given, name).items() if isinstance(value, str)}
