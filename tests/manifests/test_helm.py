"""The chart gives what the base gives, refuses values that are wrong, and does something with each value it offers."""

import copy
import difflib
from collections.abc import Iterable

import pytest
import yaml
from scripts.manifests import CHART, ISTIO, MANIFESTS, Object, combinations, render
from scripts.node import ROOT
from tests.manifests.chart import Refused, by_title, is_hook, template
from tests.manifests.workloads import workloads

import logmesh

pytestmark = pytest.mark.needs("helm")
_needs_kubectl = pytest.mark.needs("kubectl")
_DATABASE = MANIFESTS / "base" / "timescaledb"
_MONITORING = MANIFESTS / "components" / "monitoring"
# A chart can't reach beyond its folder, so these are in it once more.
COPIES = {
    "postgresql.conf": _DATABASE / "postgresql.conf",
    **{f"backup/{path.name}": path for path in sorted(_DATABASE.glob("backup/*"))},
    "roles.sh": _DATABASE / "init" / "roles.sh",
    "monitoring/prometheusrule.yaml": _MONITORING / "prometheusrule.yaml",
    **{f"monitoring/podmonitor-{path.name}": path for path in sorted(_MONITORING.glob("podmonitors/*.yaml"))},
    "monitoring/servicemonitor-istiod.yaml": _MONITORING / "servicemonitor-istiod.yaml",
    **{f"tls/{name}.yaml": MANIFESTS / "components" / "tls" / f"{name}.yaml" for name in ("issuers", "certificates")},
    **{f"istio/{path.name}": path for path in sorted(ISTIO.glob("*.yaml"))},
}
# Made by whoever installs: the namespace by --create-namespace, the Secrets for the base by scripts/deploy.sh.
_MADE_ELSEWHERE = {"Namespace", "Secret"}


@_needs_kubectl
def test_the_chart_gives_the_objects_of_the_base() -> None:
    base = next(found for found in combinations() if found.name == "base")
    _assert_same(filter(_is_compared, render(base)), filter(_is_compared, template()))


@_needs_kubectl
def test_with_the_mesh_it_gives_the_objects_of_the_base_with_the_component_istio() -> None:
    together = next(found for found in combinations() if found.name == "base + istio")
    chart = (_without_injection(item) for item in template("--set", "istio.enabled=true") if _is_compared(item))
    _assert_same(filter(_is_compared, render(together)), chart)


@_needs_kubectl
def test_with_tls_it_gives_the_objects_of_the_base_with_the_component_tls() -> None:
    together = next(found for found in combinations() if found.name == "base + tls")
    _assert_same(filter(_is_compared, render(together)), filter(_is_compared, template("--set", "tls.enabled=true")))


@_needs_kubectl
def test_with_monitoring_it_gives_what_the_component_puts_into_its_namespace() -> None:
    together = next(found for found in combinations() if found.name == "base + monitoring")
    # What is in the namespace `monitoring` is no part of a release; the base's own policy of the database admits Grafana.
    component = (
        item
        for item in filter(_is_compared, render(together))
        if item["metadata"]["namespace"] == "log-system" and item["metadata"]["name"] != "timescaledb-from-grafana"
    )
    chart = template("--set", "monitoring.enabled=true,tracing.endpoint=http://jaeger.monitoring:4317")
    _assert_same(component, filter(_is_compared, chart))


@_needs_kubectl
def test_with_agents_it_gives_the_objects_of_the_base_with_the_component_log_agent() -> None:
    def compared(objects: Iterable[Object]) -> list[Object]:
        return [item for item in objects if _is_compared(item) or item["metadata"]["name"] == "log-agent"]

    together = next(found for found in combinations() if found.name == "base + log-agent")
    _assert_same(compared(render(together)), compared(template("--set", "agent.enabled=true")))


def test_agents_of_a_release_with_tls_need_certificates_of_their_own() -> None:
    with pytest.raises(Refused, match=r"agent\.enabled with tls\.enabled needs agent\.tlsSecret"):
        template("--set", "agent.enabled=true,tls.enabled=true")


def test_a_role_of_senders_needs_an_issuer_of_tokens() -> None:
    with pytest.raises(Refused, match=r"receiver\.ingestRole is of tokens whose issuer edge\.jwt\.issuer names"):
        template("--set", "receiver.ingestRole=ingest")


def test_a_release_does_not_share_the_namespace_of_its_agents() -> None:
    with pytest.raises(Refused, match="can't be in the namespace log-agent"):
        template("--set", "agent.enabled=true", namespace="log-agent")


def test_every_pod_of_the_mesh_gets_a_sidecar() -> None:
    pods = workloads(template("--set", "istio.enabled=true,agent.enabled=true"))
    assert len(pods) > len(workloads(template())) > 0
    assert {found.labels.get("sidecar.istio.io/inject") for found in pods} == {"true"}


@_needs_kubectl
@pytest.mark.parametrize("secured", ["istio", "tls"])
def test_it_works_in_any_namespace(secured: str) -> None:
    switched_on = f"{secured}.enabled=true,monitoring.enabled=true,agent.enabled=true,agent.tlsSecret=agents"
    objects = template("--set", switched_on, namespace="elsewhere")
    text = "\n".join(map(str, objects))
    assert "'namespace': 'log-system'" not in text
    assert "'matchNames': ['log-system'" not in text
    assert "ns/log-system/" not in text
    assert ".log-system.svc" not in text
    assert 'namespace="log-system"' not in text
    assert "-n log-system" not in text


@pytest.mark.parametrize("name", COPIES)
def test_files_of_the_chart_are_copies(name: str) -> None:
    copy, original = CHART / "files" / name, COPIES[name]
    command = f"cp {original.relative_to(ROOT)} {copy.relative_to(ROOT)}"
    assert copy.is_file(), command
    assert copy.read_text() == original.read_text(), command


def test_the_chart_has_no_copy_of_what_is_gone() -> None:
    files = {str(path.relative_to(CHART / "files")) for path in (CHART / "files").rglob("*") if path.is_file()}
    assert files - {"smoke.py"} == COPIES.keys()


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


def _assert_same(base: Iterable[Object], chart: Iterable[Object]) -> None:
    """The same objects, or a diff that names each that differs."""
    expected, found = by_title(base), by_title(chart)
    lines: list[str] = []
    for name in sorted(expected.keys() | found.keys()):
        left, right = (yaml.safe_dump(side[name]).splitlines() if name in side else [] for side in (expected, found))
        lines += difflib.unified_diff(left, right, f"base: {name}", f"chart: {name}", lineterm="")
    assert expected
    if lines:
        pytest.fail("\n".join(lines), pytrace=False)
