"""Each value that the chart offers changes what it renders, as its name says, and a wrong one is refused with a line that names it."""

import functools
import itertools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from kubernetes_validate import utils as schemas
from scripts.custom_resources import custom_resource_errors
from scripts.manifests import CHART, Object, title
from tests.manifests import test_references as references
from tests.manifests.chart import Refused, run, template

_NO_HELM = pytest.mark.needs("helm")
_AMOUNT = {"requests": {"cpu": "123m"}}
_TRACED = (
    "Deployment/log-producer",
    "StatefulSet/log-receiver",
    "StatefulSet/log-processor",
    "StatefulSet/log-processor-canary",
    "Deployment/gateway",
)
_WITH_TOKENS = ("Deployment/frontend", "Deployment/gateway")
_ISSUER = {"issuer": "https://issuer.example", "jwks": "https://issuer.example:8443/keys"}

# Each value, what it is set to, and objects with a text that only then is in them.
OFFERED: Mapping[str, tuple[Any, dict[str, str]]] = {
    "image.registry": ("registry.example/x", {"Deployment/gateway": "registry.example/x/logmesh/server:0.1.0"}),
    "image.tag": ("9.9.9", {"Deployment/frontend": "logmesh/frontend:9.9.9", "StatefulSet/log-processor": "version: 9.9.9"}),
    "image.pullPolicy": ("Always", {"StatefulSet/timescaledb": "imagePullPolicy: Always"}),
    "image.pullSecrets": (["pull"], {"Deployment/log-producer": "imagePullSecrets:", "CronJob/timescaledb-backup": "name: pull"}),
    "producer.enabled": (False, {}),
    "producer.rate": (5_000_000, {"Deployment/log-producer": "value: '5000000'"}),
    "producer.autoscaling.minReplicas": (4, {"HorizontalPodAutoscaler/log-producer": "minReplicas: 4"}),
    "producer.autoscaling.maxReplicas": (40, {"HorizontalPodAutoscaler/log-producer": "maxReplicas: 40"}),
    "producer.resources": (_AMOUNT, {"Deployment/log-producer": "cpu: 123m"}),
    "agent.enabled": (True, {"DaemonSet/log-agent": "- logmesh.producer", "Namespace/log-agent": "enforce: privileged"}),
    "agent.tlsSecret": ("agents", {"DaemonSet/log-agent": "secretName: agents"}),
    "agent.spool.maxBytes": (40 << 30, {"DaemonSet/log-agent": f"value: '{40 << 30}'"}),
    "agent.resources": (_AMOUNT, {"DaemonSet/log-agent": "cpu: 123m"}),
    "receiver.enabled": (False, {}),
    "receiver.tlsSecret": ("senders", {"StatefulSet/log-receiver": "secretName: senders"}),
    "receiver.ingestRole": (
        "senders",
        {"StatefulSet/log-receiver": "value: senders", "NetworkPolicy/log-receiver": "port: 8443"},
    ),
    "receiver.syslogTenant": ("acme", {"StatefulSet/log-receiver": "value: acme"}),
    "receiver.rules": (
        "# none yet",
        {"ConfigMap/log-receiver-rules": "# none yet", "StatefulSet/log-receiver": "name: log-receiver-rules"},
    ),
    "receiver.autoscaling.minReplicas": (4, {"HorizontalPodAutoscaler/log-receiver": "minReplicas: 4"}),
    "receiver.autoscaling.maxReplicas": (40, {"HorizontalPodAutoscaler/log-receiver": "maxReplicas: 40"}),
    "receiver.spool.storage": ("50Gi", {"StatefulSet/log-receiver": "storage: 50Gi"}),
    "receiver.spool.storageClassName": ("fast", {"StatefulSet/log-receiver": "storageClassName: fast"}),
    "receiver.spool.maxBytes": (40 << 30, {"StatefulSet/log-receiver": f"value: '{40 << 30}'"}),
    "receiver.resources": (_AMOUNT, {"StatefulSet/log-receiver": "cpu: 123m"}),
    "processor.autoscaling.minReplicas": (1, {"HorizontalPodAutoscaler/log-processor": "minReplicas: 1"}),
    "processor.autoscaling.maxReplicas": (9, {"HorizontalPodAutoscaler/log-processor": "maxReplicas: 9"}),
    "processor.canary.replicas": (1, {"StatefulSet/log-processor-canary": "replicas: 1"}),
    "processor.canary.tag": ("9.9.9", {"StatefulSet/log-processor-canary": "logmesh/server:9.9.9"}),
    "processor.buffer.storage": ("50Gi", {"StatefulSet/log-processor": "storage: 50Gi"}),
    "processor.buffer.storageClassName": ("fast", {"StatefulSet/log-processor": "storageClassName: fast"}),
    "processor.buffer.maxBytes": (40 << 30, {"StatefulSet/log-processor": f"value: '{40 << 30}'"}),
    "processor.resources": (_AMOUNT, {"StatefulSet/log-processor": "cpu: 123m", "StatefulSet/log-processor-canary": "cpu: 123m"}),
    "gateway.autoscaling.minReplicas": (4, {"HorizontalPodAutoscaler/gateway": "minReplicas: 4"}),
    "gateway.autoscaling.maxReplicas": (40, {"HorizontalPodAutoscaler/gateway": "maxReplicas: 40"}),
    "gateway.resources": (_AMOUNT, {"Deployment/gateway": "cpu: 123m"}),
    "frontend.replicas": (5, {"Deployment/frontend": "replicas: 5"}),
    "frontend.resources": (_AMOUNT, {"Deployment/frontend": "cpu: 123m"}),
    "edge.hosts": (["a.example", "b.example"], {"Deployment/frontend": "value: a.example,b.example"}),
    "edge.jwt.issuer": (_ISSUER["issuer"], dict.fromkeys(_WITH_TOKENS, "value: https://issuer.example")),
    "edge.jwt.audience": ("me", dict.fromkeys(_WITH_TOKENS, "value: me")),
    "edge.jwt.jwks": (
        _ISSUER["jwks"],
        dict.fromkeys(_WITH_TOKENS, _ISSUER["jwks"])
        | {"NetworkPolicy/frontend": "port: 8443", "NetworkPolicy/gateway": "port: 8443"},
    ),
    "edge.jwt.tenantClaim": ("organisation", {"Deployment/gateway": "value: organisation"}),
    "edge.jwt.rolesClaim": ("groups", {"Deployment/gateway": "value: groups"}),
    "edge.jwt.adminRole": ("operators", {"Deployment/gateway": "value: operators"}),
    "edge.rateLimit.requestsPerSecond": (7, {"Deployment/frontend": "value: '7'"}),
    "edge.rateLimit.burst": (7, {"Deployment/frontend": "value: '7'"}),
    "timescaledb.image": ("a/b:2.30.1-pg17", {"CronJob/timescaledb-backup": "a/b:2.30.1", "StatefulSet/timescaledb": "2.30.1"}),
    "timescaledb.configuration": ("work_mem = 64MB", {"ConfigMap/timescaledb-configuration": "work_mem = 64MB"}),
    "timescaledb.data.storage": ("2Ti", {"StatefulSet/timescaledb": "storage: 2Ti"}),
    "timescaledb.data.storageClassName": ("fast", {"StatefulSet/timescaledb": "storageClassName: fast"}),
    "timescaledb.backup.enabled": (False, {"CronJob/timescaledb-backup": "suspend: true"}),
    "timescaledb.backup.keep": (3, {"CronJob/timescaledb-backup": "value: '3'"}),
    "timescaledb.backup.schedule": ("0 0 * * 0", {"CronJob/timescaledb-backup": "schedule: 0 0 * * 0"}),
    "timescaledb.backup.storage": ("2Ti", {"PersistentVolumeClaim/timescaledb-backups": "storage: 2Ti"}),
    "timescaledb.backup.storageClassName": ("slow", {"PersistentVolumeClaim/timescaledb-backups": "storageClassName: slow"}),
    "timescaledb.resources": (_AMOUNT, {"StatefulSet/timescaledb": "cpu: 123m"}),
    "redis.image": ("a/b:7.4-alpine", {"Deployment/redis": "image: a/b:7.4-alpine"}),
    "redis.maxMemory": ("1gb", {"Deployment/redis": "value: 1gb"}),
    "redis.resources": (_AMOUNT, {"Deployment/redis": "cpu: 123m"}),
    "retentionDays": (90, {"StatefulSet/log-processor": "value: '90'", "StatefulSet/log-processor-canary": "value: '90'"}),
    "reflection": (False, {"Deployment/gateway": "value: 'false'", "StatefulSet/log-processor": "value: 'false'"}),
    "createSecrets": (False, {}),
    "secrets.timescaledb": ("pg", {"Secret/pg": "owner", "Deployment/gateway": "name: pg", "CronJob/timescaledb-backup": "name: pg"}),
    "secrets.redis": ("cache", {"Secret/cache": "password", "Deployment/redis": "name: cache", "Deployment/gateway": "name: cache"}),
    "quota.enabled": (False, {}),
    "quota.containerMemory": ("64Gi", {"LimitRange/log-system": "memory: 64Gi"}),
    "quota.hard": ({"pods": "200"}, {"ResourceQuota/log-system": "pods: '200'"}),
    "networkPolicies.enabled": (False, {}),
    "tls.enabled": (True, {"Certificate/gateway": "/sa/gateway", "StatefulSet/log-processor": "value: /etc/logmesh/tls/tls.key"}),
    "istio.enabled": (True, {"PeerAuthentication/default": "STRICT", "Deployment/gateway": "sidecar.istio.io/inject: 'true'"}),
    "istio.trustDomain": ("mesh.example", {"ConfigMap/log-processor-mesh": "spiffe://mesh.example/ns/log-system/sa/gateway"}),
    "monitoring.enabled": (True, {"PodMonitor/gateway": "http-metrics", "PrometheusRule/logmesh": "release: prometheus"}),
    "monitoring.release": ("mine", {"PodMonitor/gateway": "release: mine", "PrometheusRule/logmesh": "release: mine"}),
    "monitoring.runbooks": (
        "https://docs.example/alerts",
        {"PrometheusRule/logmesh": "runbook_url: https://docs.example/alerts#logmeshtargetdown"},
    ),
    "tracing.endpoint": ("http://otel:4317", dict.fromkeys(_TRACED, "value: http://otel:4317")),
}  # fmt: skip
_LEAVES_WITH_PARTS = ("resources", "hard")
_OF_TOKENS = [name for name in OFFERED if name.startswith("edge.jwt.")]
# What a value is set together with: it is refused, or does nothing, by itself.
_TOGETHER: Mapping[str, dict[str, Any]] = {
    **{name: {"edge.jwt": _ISSUER} for name in ("receiver.ingestRole", *_OF_TOKENS)},
    "monitoring.release": {"monitoring.enabled": True},
    "istio.trustDomain": {"istio.enabled": True},
    "monitoring.runbooks": {"monitoring.enabled": True},
    "processor.buffer.maxBytes": {"processor.buffer.storage": "50Gi"},
    "receiver.spool.maxBytes": {"receiver.spool.storage": "50Gi"},
    "agent.tlsSecret": {"agent.enabled": True, "tls.enabled": True},
    "agent.spool.maxBytes": {"agent.enabled": True},
    "agent.resources": {"agent.enabled": True},
}


def test_every_value_is_tried_here() -> None:
    offered = set(_leaves(yaml.safe_load((CHART / "values.yaml").read_text())))
    assert offered == OFFERED.keys()


def test_every_value_has_a_comment_of_one_line() -> None:
    lines = (CHART / "values.yaml").read_text().splitlines()
    for above, line in itertools.pairwise(lines):
        name, _, value = line.strip().partition(":")
        part_of_another = "." in name or name in {"requests", "limits", "persistentvolumeclaims", "pods"}
        if (value or name in _LEAVES_WITH_PARTS) and not name.startswith("#") and not part_of_another:
            assert above.strip().startswith("# "), f"{name} says nothing of itself"


@_NO_HELM
@pytest.mark.parametrize("name", OFFERED)
def test_a_value_changes_the_objects_that_it_is_about(name: str, tmp_path: Path) -> None:
    value, expected = OFFERED[name]
    before, after = _usual(), _texts(_with(tmp_path, _nested(name, value)))
    assert before.keys() - after.keys() or any(text != before.get(key) for key, text in after.items())
    for key, text in expected.items():
        assert text in after[key]
        assert text not in before.get(key, "")


@_NO_HELM
def test_what_is_switched_off_is_away(tmp_path: Path) -> None:
    def kinds(name: str) -> set[str]:
        return {title(item) for item in _with(tmp_path, _nested(name, False))}

    assert not [found for found in kinds("producer.enabled") if found.endswith("/log-producer")]
    assert not [found for found in kinds("receiver.enabled") if "/log-receiver" in found]
    assert not [found for found in kinds("networkPolicies.enabled") if found.startswith("NetworkPolicy/")]
    assert not [found for found in kinds("createSecrets") if found.startswith("Secret/")]
    assert not {"ResourceQuota/log-system", "LimitRange/log-system"} & kinds("quota.enabled")


@_NO_HELM
@pytest.mark.parametrize("other", ["tls.enabled", "istio.enabled"])
def test_everything_switched_on_is_what_kubernetes_knows(other: str, tmp_path: Path) -> None:
    """But for mutual TLS, which the mesh has, or our own processes."""
    values: dict[str, Any] = {}
    for name, (value, _) in OFFERED.items():
        if value is not False and name.partition(".")[0] != other.partition(".")[0]:
            _merge(values, _nested(name, value))
    _merge(values, _nested(other, False))
    errors = []
    version = schemas.major_minor(list(schemas.all_versions())[-1])
    objects = _with(tmp_path, values)
    references.test_programs_know_their_variables(objects)
    for item in objects:
        try:
            kubernetes_validate.validate(item, version, strict=True)
        except kubernetes_validate.SchemaNotFoundError:
            try:
                errors += [f"{title(item)}: {error}" for error in custom_resource_errors(item)]
            except FileNotFoundError:
                continue  # the schemas of custom resources are not installed: make tools brings them
        except kubernetes_validate.ValidationError as error:
            errors.append(f"{title(item)}: {error.message}")
    assert not errors


@_NO_HELM
@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("image.tagg", "1", "/image': additional properties 'tagg' not allowed"),
        ("image.tag", "not a tag", "/image/tag'"),
        ("image.tag", 1.2, "/image/tag': got number, want string"),
        ("frontend.replicas", 0, "/frontend/replicas': minimum: got 0, want 1"),
        ("processor.autoscaling.maxReplicas", "two", "/processor/autoscaling/maxReplicas': got string, want integer"),
        ("processor.buffer.storage", "10Gb", "/processor/buffer/storage'"),
        ("retentionDays", 3, "/retentionDays': minimum: got 3, want 9"),
        ("redis.maxMemory", "1; reboot", "/redis/maxMemory'"),
        ("timescaledb.image", "timescale/timescaledb", "/timescaledb/image'"),
        ("edge.jwt", {"issuer": "https://issuer.example"}, "/edge/jwt/jwks'"),
        ("edge.jwt", {"issuer": "https://issuer.example", "jwks": "http://issuer.example/keys"}, "/edge/jwt/jwks'"),
        ("agent.spool.maxBytes", 1, "/agent/spool/maxBytes': minimum"),
        ("processor.buffer.storage", "8Gi", "maxBytes is 8589934592, for which a volume of 8Gi is too small"),
        ("gateway.autoscaling.minReplicas", 7, "autoscaling.minReplicas is 7 and maxReplicas 6, which is less"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, value: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        _with(tmp_path, _nested(name, value))
    assert message in str(refused.value)


@_NO_HELM
def test_the_chart_has_nothing_that_lint_would_mention() -> None:
    run("lint", "--strict", str(CHART))


def test_the_schema_is_one_itself_and_closed() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.Draft7Validator(schema).validate(yaml.safe_load((CHART / "values.yaml").read_text()))
    for where, part in _objects_of(schema):
        assert part.get("additionalProperties") is False, f"{where} takes anything"


def _with(folder: Path, values: Mapping[str, Any]) -> tuple[Object, ...]:
    file = folder / "values.yaml"
    file.write_text(yaml.safe_dump(values))
    # Past the cache: the name of the file says nothing about what is in it.
    return template.__wrapped__("--values", str(file))


def _nested(name: str, value: Any) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for path, one in {**_TOGETHER.get(name, {}), name: value}.items():
        part = one
        for parent in reversed(path.split(".")):
            part = {parent: part}
        _merge(values, part)
    return values


def _merge(values: dict[str, Any], others: Mapping[str, Any]) -> None:
    for name, value in others.items():
        if isinstance(value, Mapping):
            _merge(values.setdefault(name, {}), value)
        else:
            values[name] = value


def _leaves(values: Mapping[str, Any], path: str = "") -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, Mapping) and name not in _LEAVES_WITH_PARTS:
            yield from _leaves(value, f"{path}{name}.")
        else:
            yield f"{path}{name}"


def _objects_of(schema: Mapping[str, Any], where: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    if "properties" in schema:
        yield where, schema
        for name, part in schema["properties"].items():
            yield from _objects_of(part, f"{where}/{name}")
    for name, part in schema.get("definitions", {}).items():
        yield from _objects_of(part, f"#{name}")


@functools.cache
def _usual() -> dict[str, str]:
    """Of what the chart gives where nothing is set."""
    return _texts(template())


def _texts(items: tuple[Object, ...]) -> dict[str, str]:
    return {title(item): yaml.dump(item, Dumper=yaml.CSafeDumper, width=1000) for item in items}
