"""The Kubernetes objects that a user can apply: every overlay, and the base with each component, as kubectl renders them."""

import functools
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from scripts.node import ROOT

MANIFESTS = ROOT / "manifests"
ISTIO = ROOT / "istio"
CHART = ROOT / "helm" / "log-system"
COMPOSE_FILE = ROOT / "docker-compose.yml"
_LIMIT_SECONDS = 60

Object = dict[str, Any]


class RenderFailed(Exception):
    """kubectl or helm could not render; the text is its own."""


@dataclass(frozen=True, slots=True)
class Combination:
    """A kustomization that somebody may apply: one folder, and components on top of it."""

    name: str
    folder: Path
    components: tuple[Path, ...] = ()


def combinations() -> list[Combination]:
    """The base, every overlay, the base with each component, and the overlay `large` with all that go together."""
    base = MANIFESTS / "base"
    overlays = sorted(path.parent for path in MANIFESTS.glob("overlays/*/kustomization.yaml"))
    components = sorted(path.parent for path in MANIFESTS.glob("components/*/kustomization.yaml"))
    found = [Combination("base", base)]
    found += [Combination(f"overlays/{overlay.name}", overlay) for overlay in overlays]
    found += [Combination(f"base + {component.name}", base, (component,)) for component in components]
    # A namespace is injected with sidecars, or in ambient mode, or has TLS without a mesh; spool-claims changes what others patched.
    alone = {"ambient", "tls", "receiver-tls", "spool-claims"}
    together = tuple(component for component in components if component.name not in alone)
    together += (MANIFESTS / "components" / "spool-claims",)
    found += [Combination("overlays/large + all", overlay, together) for overlay in overlays if overlay.name == "large"]
    return found


@functools.cache
def render(combination: Combination) -> tuple[Object, ...]:
    """The objects of a combination, in kubectl's order. Raises RenderFailed."""
    if not combination.components:
        return _kustomize(combination.folder)
    # kustomize takes components from a kustomization alone, and no absolute paths.
    with tempfile.TemporaryDirectory(prefix=".rendering-", dir=MANIFESTS) as folder:
        up = Path("..")
        kustomization = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": [str(up / combination.folder.relative_to(MANIFESTS))],
            "components": [str(up / component.relative_to(MANIFESTS)) for component in combination.components],
        }
        Path(folder, "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
        return _kustomize(Path(folder))


def render_chart(*arguments: str) -> tuple[Object, ...]:
    """What `helm install` with these arguments would apply. Raises RenderFailed."""
    # A Helm that Go built takes the cluster for one of Kubernetes 1.20 unless it is told.
    command = ["helm", "template", "log-system", str(CHART), "--namespace", "log-system", "--kube-version", "1.34.0"]
    return _objects_of([*command, *arguments])


def has_kubectl() -> bool:
    """Whether anything can be rendered here."""
    return shutil.which("kubectl") is not None


def read_objects(paths: list[Path]) -> tuple[Object, ...]:
    """The objects in files of YAML."""
    return tuple(found for path in paths for found in yaml.safe_load_all(path.read_text()) if found)


def title(item: Object) -> str:
    """What a person calls an object, such as Deployment/gateway."""
    return f"{item['kind']}/{item['metadata']['name']}"


def _kustomize(folder: Path) -> tuple[Object, ...]:
    return _objects_of(["kubectl", "kustomize", str(folder)])


def _objects_of(command: list[str]) -> tuple[Object, ...]:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_SECONDS, check=False)
    if done.returncode:
        raise RenderFailed(done.stderr.strip())
    return tuple(found for found in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader) if found)
