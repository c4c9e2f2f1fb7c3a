"""The chart gives what the base gives, refuses values that are wrong, and does something with each value it offers."""

import copy
import difflib

import pytest
import yaml
from scripts.manifests import CHART, ISTIO, Object, combinations, has_kubectl, render
from scripts.node import ROOT
from tests.manifests.chart import by_title, find_helm, is_hook, template
from tests.manifests.workloads import workloads

import logmesh

pytestmark = pytest.mark.skipif(find_helm() is None, reason="helm is not installed: make tools brings it")
_needs_kubectl = pytest.mark.skipif(
    not has_kubectl(), reason="kubectl is not installed: there is no base to compare with"
)
# Made by whoever installs: the namespace by --create-namespace, the Secrets for the base by scripts/deploy.sh.
_MADE_ELSEWHERE = {"Namespace", "Secret"}


@_needs_kubectl
def test_the_chart_gives_the_objects_of_the_base() -> None:
    base = next(found for found in combinations() if found.name == "base")
    assert _difference(by_title(filter(_is_compared, render(base))), by_title(filter(_is_compared, template()))) == ""


@_needs_kubectl
def test_with_the_mesh_it_gives_the_objects_of_the_base_with_the_component_istio() -> None:
    together = next(found for found in combinations() if found.name == "base + istio")
    chart = by_title(_without_injection(item) for item in template("--set", "istio.enabled=true") if _is_compared(item))
    assert _difference(by_title(filter(_is_compared, render(together))), chart) == ""


def test_every_pod_of_the_mesh_gets_a_sidecar() -> None:
    pods = [found for found in workloads(template("--set", "istio.enabled=true")) if found.namespace == "log-system"]
    assert len(pods) >= len(workloads(template())) > 0
    assert {found.labels.get("sidecar.istio.io/inject") for found in pods} == {"true"}


@_needs_kubectl
def test_it_works_in_any_namespace() -> None:
    text = "\n".join(map(str, template("--set", "istio.enabled=true", namespace="elsewhere")))
    assert "'namespace': 'log-system'" not in text
    assert "ns/log-system/" not in text
    assert ".log-system.svc" not in text


@pytest.mark.parametrize(
    ("name", "original"),
    [
        ("postgresql.conf", "manifests/base/timescaledb/postgresql.conf"),
        ("backup.sh", "manifests/base/timescaledb/backup.sh"),
        ("roles.sh", "manifests/base/timescaledb/init/roles.sh"),
        *((f"istio/{path.name}", f"istio/{path.name}") for path in sorted(ISTIO.glob("*.yaml"))),
    ],
)
def test_files_of_the_chart_are_copies(name: str, original: str) -> None:
    ours = CHART / "files" / name
    assert ours.is_file(), f"cp {original} {ours.relative_to(ROOT)}"
    assert ours.read_text() == (ROOT / original).read_text(), f"cp {original} {ours.relative_to(ROOT)}"


def test_the_chart_copies_nothing_that_is_gone() -> None:
    assert {path.name for path in (CHART / "files" / "istio").iterdir()} == {path.name for path in ISTIO.glob("*.yaml")}


def test_versions_are_the_programs() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert (chart["version"], chart["appVersion"]) == (logmesh.__version__, logmesh.__version__)


def _is_compared(item: Object) -> bool:
    return item["kind"] not in _MADE_ELSEWHERE and not is_hook(item)


def _without_injection(item: Object) -> Object:
    """The chart asks for sidecars by a label of each pod; the component by one of the namespace, which the chart doesn't have."""
    item = copy.deepcopy(item)
    for pod in workloads([item]):
        pod.template["metadata"]["labels"].pop("sidecar.istio.io/inject", None)
    return item


def _difference(expected: dict[str, Object], found: dict[str, Object]) -> str:
    """A diff that names each object that differs; empty where none does."""
    lines: list[str] = []
    for name in sorted(expected.keys() | found.keys()):
        base, chart = (yaml.safe_dump(side[name]).splitlines() if name in side else [] for side in (expected, found))
        lines += difflib.unified_diff(base, chart, f"base: {name}", f"chart: {name}", lineterm="")
    return "\n".join(lines)
