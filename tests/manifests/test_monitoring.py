"""Rules, dashboards and the component that carries them agree with what the program measures and with one another."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
from scripts import prometheus_rule
from tests.conftest import Database
from tests.manifests.markdown import Document
from tests.manifests.monitoring import (
    DASHBOARDS,
    FOREIGN,
    MONITORING,
    ROOT,
    RULE_FILES,
    TEST_FILES,
    alerts,
    catalogue,
    metric_names,
    panels,
    promql,
    rules,
    sql,
    yaml,
)

COMPONENT = ROOT / "manifests" / "components" / "monitoring"
WORKLOADS = {"log-producer", "log-receiver", "log-agent", "log-processor", "gateway", "frontend"}

needs_promtool = pytest.mark.needs("promtool")
needs_kubectl = pytest.mark.needs("kubectl")


def test_every_metric_is_in_the_catalogue() -> None:
    known = catalogue() | FOREIGN | {rule["record"] for rule in rules() if "record" in rule}
    asked = {name for rule in rules() for name in metric_names(rule["expr"])}
    asked |= {name for path in DASHBOARDS for query in promql(path) for name in metric_names(query)}
    assert asked - known == set()
    assert FOREIGN - asked == set(), "listed and not asked for"


def test_names_of_metrics_are_found_in_a_query() -> None:
    query = 'sum by (pod) (rate(a_total{b="c"}[5m])) / on (pod) (d:e:f offset 15m) > 1e6 and absent(up == 1)'
    assert metric_names(query) == {"a_total", "d:e:f", "up"}


@needs_promtool
def test_rules_and_their_tests_pass_promtool() -> None:
    run("promtool", "check", "rules", *RULE_FILES)
    run("promtool", "check", "config", MONITORING / "prometheus" / "prometheus.yml")
    run("promtool", "test", "rules", *TEST_FILES)


@needs_promtool
def test_dashboards_ask_prometheus_what_it_can_parse(tmp_path: Path) -> None:
    found = [
        {"record": f"q:{number}", "expr": query}
        for number, query in enumerate(query for path in DASHBOARDS for query in promql(path))
    ]
    assert len(found) > 30
    (tmp_path / "rules.yaml").write_text(json.dumps({"groups": [{"name": "dashboards", "rules": found}]}))
    run("promtool", "check", "rules", tmp_path / "rules.yaml")


async def test_dashboards_ask_the_database_what_its_reader_may(database: Database) -> None:
    # As PGOPTIONS does it for Grafana.
    reader = await asyncpg.connect(database.reader_dsn, server_settings={"app.tenant": "default"})
    queries = [query for path in DASHBOARDS for query in sql(path)]
    assert len(queries) > 5
    for query in queries:
        await reader.fetch(query)
    await reader.close()


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: str(alert["alert"]))
def test_an_alert_says_what_it_is_and_where_to_read_on(alert: dict[str, Any]) -> None:
    assert set(alert["annotations"]) == {"summary", "description", "runbook_url"}
    assert alert["labels"]["severity"] in {"warning", "critical"}
    address, heading = alert["annotations"]["runbook_url"].split("#")
    assert {address} == prometheus_rule.runbooks(), (
        "python -m scripts.prometheus_rule --runbooks says where all of them lead"
    )
    assert urlsplit(address).scheme == "https" and urlsplit(address).netloc
    assert heading == alert["alert"].lower()
    assert heading in Document(ROOT / "docs" / "alerts.md").anchors()


def test_every_alert_is_seen_firing_and_silent() -> None:
    fires: set[str] = set()
    silent: set[str] = set()
    for path in TEST_FILES:
        for case in yaml.safe_load(path.read_text())["tests"]:
            for asked in case["promql_expr_test"]:
                name = re.findall(r'alertname="(\w+)"', asked["expr"])[0]
                shown = str(asked["exp_samples"])
                # Silence counts at another time, or for another pod at the same time.
                others = len(case["input_series"]) > 1 and any("-1" in s["series"] for s in case["input_series"])
                (fires if asked["exp_samples"] else silent).add(name)
                if asked["exp_samples"] and others and "-1" not in shown:
                    silent.add(name)
    every = {alert["alert"] for alert in alerts()}
    assert (every - fires, every - silent) == (set(), set())


def test_the_operators_object_is_made_from_the_rule_files() -> None:
    assert prometheus_rule.OBJECT.read_text() == prometheus_rule.render(), "run `python -m scripts.prometheus_rule`"
    groups = yaml.safe_load(prometheus_rule.render())["spec"]["groups"]
    assert [rule for group in groups for rule in group["rules"]] == rules()


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_whole(path: Path) -> None:
    dashboard = json.loads(path.read_text())
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)
    sources = yaml.safe_load((MONITORING / "grafana/provisioning/datasources/logmesh.yaml").read_text())["datasources"]
    uids = {source["uid"]: source["type"] for source in sources}
    taken: set[tuple[int, int]] = set()
    for panel in panels(path):
        assert panel["title"] and panel["description"]
        for source in (panel["datasource"], *(target["datasource"] for target in panel["targets"])):
            assert uids[source["uid"]] == source["type"]
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, f"{panel['title']} lies over another"
        taken |= cells


@needs_kubectl
def test_the_component_scrapes_every_workload_and_gives_grafana_the_files() -> None:
    objects = list(yaml.safe_load_all(run("kubectl", "kustomize", COMPONENT)))
    monitors = [found for found in objects if found["kind"] in {"PodMonitor", "ServiceMonitor"}]
    assert {app for found in monitors for app in selected(found["spec"]["selector"])} == WORKLOADS | {"istiod"}
    # What the Helm release `prometheus` looks for.
    scraped = [*monitors, *(found for found in objects if found["kind"] == "PrometheusRule")]
    assert {found["metadata"]["labels"]["release"] for found in scraped} == {"prometheus"}
    shown = [found for found in objects if found["metadata"].get("labels", {}).get("grafana_dashboard") == "1"]
    assert {(name, text) for found in shown for name, text in found["data"].items()} == {
        (path.name, path.read_text()) for path in DASHBOARDS
    }
    sources = [found for found in objects if found["metadata"].get("labels", {}).get("grafana_datasource") == "1"]
    (text,) = [text for found in sources for text in found["data"].values()]
    mine = {(source["uid"], source["type"]) for source in yaml.safe_load(text)["datasources"]}
    assert mine == {("timescaledb", "grafana-postgresql-datasource"), ("jaeger", "jaeger")}


@pytest.mark.parametrize("host", ["10.0.0.7", "[fd00::7]"])
def test_the_mesh_is_scraped_for_what_alerts_ask_of_it(host: str) -> None:
    """Only 15020 has the agent's metrics beside Envoy's, and the pod declares 15090 alone."""
    monitor = yaml.safe_load((COMPONENT / "podmonitors" / "istio-proxy.yaml").read_text())
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    assert (endpoint["port"], endpoint["path"]) == ("http-envoy-prom", "/stats/prometheus")
    (moved,) = (found for found in endpoint["relabelings"] if found.get("targetLabel") == "__address__")
    asked = re.fullmatch(moved["regex"], f"{host}:15090")
    assert asked and asked.expand(moved["replacement"].replace("${1}", r"\1")) == f"{host}:15020"
    kept = re.compile(endpoint["metricRelabelings"][0]["regex"])
    assert all(kept.fullmatch(name) for name in FOREIGN if name.startswith("istio_"))
    # What the process itself measures is scraped by its own monitor, under its own job.
    assert not any(kept.fullmatch(name) for name in catalogue())


def selected(selector: dict[str, Any]) -> set[str]:
    """The workloads that a PodMonitor takes."""
    values = {value for part in selector.get("matchExpressions", ()) for value in part["values"]}
    return values | set(selector.get("matchLabels", {}).values())


def run(*command: "str | Path") -> str:
    """What a program prints; its complaint is the test's."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
