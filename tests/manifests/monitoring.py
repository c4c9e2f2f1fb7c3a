"""Rules and dashboards as their files have them: every query, and the names of the metrics in it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import Counter, Gauge, Histogram

from logmesh.runtime import metrics

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).resolve().parents[2]
MONITORING = ROOT / "monitoring"
RULE_FILES = sorted((MONITORING / "prometheus" / "rules").glob("*.yaml"))
TEST_FILES = sorted((MONITORING / "prometheus" / "tests").glob("*.yaml"))
DASHBOARDS = sorted((MONITORING / "grafana" / "dashboards").glob("*.json"))

# Metrics of others, each with who makes it.
FOREIGN = frozenset({
    "up",  # Prometheus
    "ALERTS",  # Prometheus
    "envoy_http_downstream_cx_active",  # Envoy, at the edge
    "envoy_http_downstream_rq_completed",
    "envoy_http_downstream_rq_time_bucket",
    "envoy_http_downstream_rq_xx",
    "envoy_http_local_rate_limit_rate_limited",
    "envoy_server_days_until_first_cert_expiring",
    "istio_agent_cert_expiry_seconds",  # Istio's sidecar
    "certmanager_certificate_expiration_timestamp_seconds",  # cert-manager
    "kube_cronjob_created",  # kube-state-metrics
    "kube_cronjob_next_schedule_time",
    "kube_cronjob_spec_suspend",
    "kube_cronjob_status_last_schedule_time",
    "kube_cronjob_status_last_successful_time",
    "kube_pod_container_status_last_terminated_exitcode",
    "kube_pod_container_status_restarts_total",
    "kubelet_volume_stats_available_bytes",  # the kubelet
    "kubelet_volume_stats_capacity_bytes",
})  # fmt: skip

_NOT_NAMES = {"and", "or", "unless", "offset", "by", "without", "on", "ignoring", "bool"}
_GROUPING = re.compile(r"\b(by|without|on|ignoring)\s*\([^)]*\)")
_NAME = re.compile(r"(?<![\w.:$])[a-zA-Z_:][\w:]*(?!\w*\s*\()")


def rules() -> list[dict[str, Any]]:
    """Every rule, recording and alerting."""
    return [
        rule for path in RULE_FILES for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]
    ]


def alerts() -> list[dict[str, Any]]:
    """The rules that alert."""
    return [rule for rule in rules() if "alert" in rule]


def panels(dashboard: Path) -> list[dict[str, Any]]:
    """A dashboard's panels, without the headings between them."""
    return [panel for panel in json.loads(dashboard.read_text())["panels"] if panel["type"] != "row"]


def promql(dashboard: Path) -> Iterator[str]:
    """Queries of a dashboard that Prometheus answers, its variables filled in."""
    annotations = json.loads(dashboard.read_text())["annotations"]["list"]
    targets = [target for panel in panels(dashboard) for target in panel["targets"]]
    for found in (*targets, *annotations):
        if "expr" in found:
            yield filled(found["expr"], {"$__rate_interval": "5m", "$__range": "1h", "$pod": ".*"})


def sql(dashboard: Path) -> Iterator[str]:
    """Queries of a dashboard that the database answers, its variables and Grafana's macros filled in."""
    for panel in panels(dashboard):
        for target in panel["targets"]:
            if "rawSql" in target:
                text = re.sub(
                    r"\$__timeGroupAlias\((\w+), '\$bucket'\)", r"date_trunc('hour', \1) AS time", target["rawSql"]
                )
                yield filled(
                    text,
                    {
                        "$__timeFrom()": "'2026-01-01T00:00:00Z'",
                        "$__timeTo()": "'2030-01-01T00:00:00Z'",
                        "$service": "'checkout', 'it''s'",
                        "$severity": "9",
                        "${text:sqlstring}": "'50% off'",
                    },
                )


def filled(query: str, values: dict[str, str]) -> str:
    """`query` with its variables' values; none may be left."""
    for name, value in values.items():
        query = query.replace(name, value)
    assert "$" not in query, f"a variable is left in {query}"
    return query


def metric_names(query: str) -> set[str]:
    """The metrics that a query of Prometheus asks for."""
    query = re.sub(r"\"[^\"]*\"", '""', query)
    query = re.sub(r"\{[^}]*\}|\[[^\]]*\]", " ", query)
    query = _GROUPING.sub(" ", query)
    return set(_NAME.findall(query)) - _NOT_NAMES


def catalogue() -> set[str]:
    """Every series that this program's processes can show, by name."""
    found: set[str] = set()
    for metric in vars(metrics).values():
        if isinstance(metric, Counter | Gauge | Histogram):
            (described,) = metric.describe()
            found |= _series(described.name, described.type)
    return found


def _series(name: str, kind: str) -> set[str]:
    if kind == "counter":
        return {f"{name}_total"}
    return {f"{name}_bucket", f"{name}_sum", f"{name}_count"} if kind == "histogram" else {name}
