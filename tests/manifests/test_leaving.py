"""Pods that an autoscaler, a drain or an upgrade takes have the time and the leave to lose nothing."""

import pytest
from scripts.manifests import MANIFESTS, Combination, Object, combinations, render, title
from tests.manifests.test_references import SETTINGS
from tests.manifests.workloads import Workload, of_kind, selects, workloads

# A cluster autoscaler waits no longer by itself.
_LONGEST_SECONDS = 600


def test_a_spool_that_goes_with_its_pod_is_waited_for(objects: tuple[Object, ...]) -> None:
    seen = 0
    for workload in _running("logmesh.producer", objects):
        drain, grace = _drain_seconds(workload, "logmesh.producer"), workload.pod["terminationGracePeriodSeconds"]
        assert drain < grace <= _LONGEST_SECONDS, workload.title
        if any("emptyDir" in found for found in workload.pod["volumes"] if found["name"] == "spool"):
            assert drain > 0.9 * _LONGEST_SECONDS, f"{workload.title}: what is not committed by then is gone"
        seen += 1
    assert seen


@pytest.mark.needs("kubectl")
@pytest.mark.parametrize("others", [("tls",), ("istio", "monitoring")])
def test_a_claim_takes_the_place_of_the_spool_alone(others: tuple[str, ...]) -> None:
    folders = tuple(MANIFESTS / "components" / name for name in (*others, "spool-claims"))
    before, after = (render(Combination("with", MANIFESTS / "base", used)) for used in (folders[:-1], folders))
    (deployment,) = _named("log-producer", before)
    (stateful,) = _named("log-producer", after)
    assert (deployment.owner["kind"], stateful.owner["kind"]) == ("Deployment", "StatefulSet")
    left = [found for found in deployment.pod["volumes"] if found["name"] != "spool"]
    assert stateful.pod["volumes"] == left
    assert [claim["metadata"]["name"] for claim in stateful.owner["spec"]["volumeClaimTemplates"]] == ["spool"]
    assert stateful.pod["containers"] == deployment.pod["containers"]


def test_servers_may_end_what_they_began(objects: tuple[Object, ...]) -> None:
    for program in ("logmesh.processor", "logmesh.gateway", "logmesh.producer"):
        for workload in _running(program, objects):
            if program == "logmesh.producer" and workload.name != "log-receiver":
                continue  # nobody connects to it
            container = workload.pod["containers"][0]
            until_told = container["lifecycle"]["preStop"]["sleep"]["seconds"]
            grace = workload.pod["terminationGracePeriodSeconds"]
            assert until_told + _drain_seconds(workload, program) < grace, workload.title


def test_no_overlay_takes_away_a_number_of_pods(objects: tuple[Object, ...]) -> None:
    """What was applied before and is not said any more, `kubectl apply` removes: one pod is left until an autoscaler looks."""
    base = render(combinations()[0])
    numbered = {title(item) for item in base if "replicas" in (item.get("spec") or {})}
    assert numbered
    assert numbered <= {title(item) for item in objects if "replicas" in (item.get("spec") or {})}


def test_what_holds_records_is_not_evicted_because_it_is_not_ready(objects: tuple[Object, ...]) -> None:
    budgets = list(of_kind(objects, "PodDisruptionBudget"))
    for program in ("logmesh.processor", "logmesh.producer"):
        for workload in _running(program, objects):
            if workload.owner["kind"] == "DaemonSet":
                continue  # a drain leaves it where it is
            (budget,) = (found for found in budgets if selects(found["spec"]["selector"], workload.labels))
            assert budget["spec"]["unhealthyPodEvictionPolicy"] == "IfHealthyBudget", workload.title


def _named(name: str, objects: tuple[Object, ...]) -> list[Workload]:
    return [found for found in workloads(objects) if found.name == name]


def _running(program: str, objects: tuple[Object, ...]) -> list[Workload]:
    return [found for found in workloads(objects) if found.pod["containers"][0].get("args") == [program]]


def _drain_seconds(workload: Workload, program: str) -> float:
    variables = {found["name"]: found.get("value") for found in workload.pod["containers"][0]["env"]}
    return float(variables.get("LOGMESH_DRAIN_SECONDS") or SETTINGS[program].model_fields["drain_seconds"].default)
