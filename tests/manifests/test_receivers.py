"""Receivers as manifests and compose run them: they start, ask who sends, have room for their spools, and keep both ports of syslog."""

import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from scripts.manifests import COMPOSE_FILE, MANIFESTS, Combination, Object, render
from scripts.node import ROOT
from tests.manifests.chart import template
from tests.manifests.workloads import Workload, of_kind, workloads

from logmesh.producer.settings import ProducerSettings

_UNITS = {"Gi": 1 << 30, "Ti": 1 << 40}


def test_a_receiver_starts_and_asks_who_sends(objects: tuple[Object, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    receiver = _receiver(objects)
    variables = _variables(receiver)
    variables.pop("LOGMESH_RULES", None)  # a file, of which another test is
    settings = _settings(variables, monkeypatch)
    assert settings.source == "receive"
    assert settings.knows_senders
    assert not settings.syslog_tenant, "a pod that shows nothing would be taken"
    (claim,) = receiver.owner["spec"]["volumeClaimTemplates"]
    size = re.fullmatch(r"(\d+)(Gi|Ti)", claim["spec"]["resources"]["requests"]["storage"])
    assert size
    assert int(size[1]) * _UNITS[size[2]] >= settings.spool_max_bytes * 1.2
    mounts = {one["mountPath"]: one["name"] for one in _container(receiver)["volumeMounts"]}
    assert mounts[str(settings.spool_dir)] == claim["metadata"]["name"]


@pytest.mark.needs("kubectl")
def test_one_that_shows_a_certificate_starts_and_is_probed_without(monkeypatch: pytest.MonkeyPatch) -> None:
    folders = tuple(MANIFESTS / "components" / name for name in ("tls", "receiver-tls"))
    receiver = _receiver(render(Combination("with TLS", MANIFESTS / "base", folders)))
    settings = _settings(_variables(receiver), monkeypatch)
    mounts = {one["mountPath"]: one["name"] for one in _container(receiver)["volumeMounts"]}
    assert settings.door_tls_cert and settings.door_tls_key and settings.tls_cert
    assert (settings.door_tls_cert.name, settings.door_tls_key.name) == ("tls.crt", "tls.key")
    assert mounts[str(settings.door_tls_cert.parent)] == "doors"
    assert mounts[str(settings.tls_cert.parent)] == "tls"
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert _container(receiver)[probe]["grpc"]["port"] == settings.health_port


@pytest.mark.needs("kubectl")
def test_rules_of_the_component_are_where_the_program_looks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    objects = render(Combination("with rules", MANIFESTS / "base", (MANIFESTS / "components" / "receiver-rules",)))
    receiver = _receiver(objects)
    path = Path(_variables(receiver)["LOGMESH_RULES"])
    mounts = {one["mountPath"]: one["name"] for one in _container(receiver)["volumeMounts"]}
    (name,) = (one["configMap"]["name"] for one in receiver.pod["volumes"] if one["name"] == mounts[str(path.parent)])
    (files,) = (one["data"] for one in of_kind(objects, "ConfigMap") if one["metadata"]["name"] == name)
    file = tmp_path / path.name
    file.write_text(files[path.name])
    assert _settings(_variables(receiver) | {"LOGMESH_RULES": str(file)}, monkeypatch).rules == file


def test_under_compose_one_starts_and_asks_who_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    services = yaml.safe_load(COMPOSE_FILE.read_text())["services"]
    settings = _settings(services["log-receiver"]["environment"], monkeypatch)
    assert settings.source == "receive"
    assert settings.knows_senders
    assert services["gateway"]["environment"]["LOGMESH_RECEIVERS"] == "anonymous", "or it is told of no token"


def test_its_service_has_the_ports_that_its_settings_open(objects: tuple[Object, ...]) -> None:
    assert _ports(objects) == _OPENED


@pytest.mark.needs("helm")
def test_so_it_has_in_the_chart() -> None:
    assert _ports(template()) == _OPENED


@pytest.mark.needs("kubectl")
def test_an_overlay_that_patches_it_keeps_both_ports_of_syslog() -> None:
    patch = "{apiVersion: v1, kind: Service, metadata: {name: log-receiver, namespace: log-system}, spec: {type: LoadBalancer}}"
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": ["../base"],
        "patches": [{"patch": patch}],
    }
    with tempfile.TemporaryDirectory(prefix=".rendering-", dir=MANIFESTS) as folder:
        Path(folder, "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
        objects = render.__wrapped__(Combination("patched", Path(folder)))
    assert _ports(objects) == _OPENED


def _settings(variables: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> ProducerSettings:
    """As the image's program reads them."""
    image = (ROOT / "images" / "server.Dockerfile").read_text()
    (listen,) = re.findall(r"^ENV LOGMESH_LISTEN_ADDRESS=(\S+)", image, re.MULTILINE)
    for name, value in {"LOGMESH_LISTEN_ADDRESS": listen, **variables}.items():
        monkeypatch.setenv(name, value)
    return ProducerSettings()


_TCP = ("otlp_port", "http_port", "syslog_port", "syslog_tls_port")
_OPENED = {
    *((ProducerSettings.model_fields[name].default, "TCP") for name in _TCP),
    (ProducerSettings.model_fields["syslog_port"].default, "UDP"),
}


def _ports(objects: Iterable[Object]) -> set[tuple[int, str]]:
    (service,) = (one for one in of_kind(objects, "Service") if one["metadata"]["name"] == "log-receiver")
    return {(port["port"], port["protocol"]) for port in service["spec"]["ports"]}


def _receiver(objects: Iterable[Object]) -> Workload:
    (found,) = (one for one in workloads(objects) if one.name == "log-receiver")
    return found


def _variables(receiver: Workload) -> dict[str, str]:
    return {one["name"]: one.get("value", "x") for one in _container(receiver)["env"]}


def _container(receiver: Workload) -> dict[str, Any]:
    found: dict[str, Any] = receiver.pod["containers"][0]
    return found
