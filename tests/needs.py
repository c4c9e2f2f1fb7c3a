"""What some tests need beyond `make setup`, and the command that brings it.

`@pytest.mark.needs("curl")` skips a test where that is missing, and a run ends with a list of what was not tried. Under
`CI=true` a test fails instead where `.ci/run` brings what it needs.
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import NoReturn

import pytest
from scripts.chromium import find_chromium
from scripts.custom_resources import FOLDER as DEFINITIONS
from scripts.node import OLDEST, find_node


def on_path(*programs: str) -> Callable[[], bool]:
    """Whether any of these programs is on PATH."""
    return lambda: any(shutil.which(program) for program in programs)


def named_by(variable: str) -> Callable[[], bool]:
    """Whether an environment variable says where it is."""
    return lambda: bool(os.environ.get(variable))


@dataclass(frozen=True, slots=True)
class Need:
    """Something that a machine may lack. `untried` is what nobody has looked at then."""

    untried: str
    brought_by: str
    is_here: Callable[[], bool] = lambda: False
    on_ci: bool = False

    def __str__(self) -> str:
        return f"{self.untried}: {self.brought_by}"


NEEDS = {
    "appenders in Java": Need(
        "appenders of Logback and Log4j as senders",
        "mvn -f tests/faults/senders/java/pom.xml dependency:copy-dependencies -DoutputDirectory=(a folder),"
        " and name the folder by LOGMESH_TEST_JARS",
        named_by("LOGMESH_TEST_JARS"),
    ),
    "C compiler": Need(
        "losses of power and failing disks", "apt install gcc libc6-dev", on_path("cc", "gcc", "clang"), on_ci=True
    ),
    "chromium": Need(
        "the dashboard in a browser",
        "apt install chromium-headless-shell (or chromium), or set LOGMESH_CHROMIUM",
        lambda: find_chromium() is not None,
        on_ci=True,
    ),
    "docker-compose": Need(
        "the compose file, as Compose 1 reads it", "make tools", on_path("docker-compose"), on_ci=True
    ),
    "compose-spec": Need("the compose file, as Compose 2 reads it", "make tools, with Go installed", on_path("compose-spec")),
    "compiled reader": Need(
        "OTLP read by compiled code",
        "apt install gcc libc6-dev, with Python's headers (python3-dev), and make setup",
        lambda: find_spec("logmesh.producer.receivers.otlp.reader") is not None,
        on_ci=True,
    ),
    "curl": Need("the edge as curl sees it", "apt install curl", on_path("curl"), on_ci=True),
    "filebeat": Need(
        "Filebeat as a sender",
        "filebeat on PATH (https://www.elastic.co/docs/reference/beats/filebeat/filebeat-installation-configuration)",
        on_path("filebeat"),
    ),
    "fluent-bit": Need(
        "Fluent Bit as a sender",
        "fluent-bit on PATH, with tail, opentelemetry, loki and es (https://docs.fluentbit.io/manual/installation)",
        on_path("fluent-bit"),
    ),
    "grpcurl": Need("the services as grpcurl sees them", "make tools, with Go installed", on_path("grpcurl")),
    "helm": Need("the chart", "make tools, with Go installed", on_path("helm")),
    "kubectl": Need(
        "the manifests as kubectl renders them", "https://kubernetes.io/docs/tasks/tools/#kubectl", on_path("kubectl")
    ),
    "kube-apiserver": Need(
        "the manifests in a Kubernetes API server",
        "make tools-apiserver, with Go and kubectl installed",
        lambda: all(on_path(program)() for program in ("kubectl", "etcd", "kube-apiserver")) and DEFINITIONS.exists(),
    ),
    "cluster": Need(
        "a cluster's nodes",
        "LOGMESH_TEST_CLUSTER=(kubectl's context) make test ARGS=tests/cluster",
        named_by("LOGMESH_TEST_CLUSTER"),
    ),
    "loki-client-go": Need(
        "Loki's client for Go as a sender",
        "cd tests/faults/senders/go && go mod init sender && go mod tidy && go build -o (a folder on PATH)/loki-client-go .",
        on_path("loki-client-go"),
    ),
    "network namespaces": Need(
        "hosts that vanish",
        "run make test as root, with iproute2",
        lambda: os.geteuid() == 0 and on_path("ip")(),
    ),
    "node": Need(
        "the dashboard's packages", f"make dashboard, or Node {OLDEST} on PATH", lambda: find_node() is not None, on_ci=True
    ),
    "otelcol": Need(
        "an OpenTelemetry Collector as a sender",
        "otelcol on PATH, built with filelogreceiver, otlpexporter, otlphttpexporter and filestorage",
        on_path("otelcol"),
    ),
    "package index": Need("the plain install", "a network that reaches PyPI"),
    "prometheus": Need(
        "alerting rules under Prometheus", "apt install prometheus", on_path("prometheus"), on_ci=True
    ),
    "promtool": Need("alerting rules by promtool", "apt install prometheus", on_path("promtool"), on_ci=True),
    "root": Need("what only root can set up", "run make test as root", lambda: os.geteuid() == 0),
    "small disk": Need("disks that are full", "run make test as root, where it may mount a tmpfs"),
    "telemetrygen": Need(
        "telemetrygen as a sender",
        "go install github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen@latest",
        on_path("telemetrygen"),
    ),
    "timescaledb": Need(
        "TimescaleDB",
        "LOGMESH_TEST_TIMESCALEDB_DSN=(a superuser's) make test ARGS='-k timescaledb'",
        named_by("LOGMESH_TEST_TIMESCALEDB_DSN"),
    ),
}  # fmt: skip


def require(name: str) -> None:
    """End the test unless what it needs is here: it is skipped, or fails on CI when `.ci/run` should have brought it."""
    if not NEEDS[name].is_here():
        missing(name)


def missing(name: str) -> NoReturn:
    """End the test, which found out by trying that something is not here."""
    need = NEEDS[name]
    if need.on_ci and os.environ.get("CI") == "true":
        pytest.fail(f"CI has no {name}: {need}", pytrace=False)
    pytest.skip(str(need))


def not_tried(reasons: Iterable[str]) -> list[str]:
    """One line for each reason, with how many tests were skipped for it, most first."""
    counted = Counter(reason.removeprefix("Skipped: ") for reason in reasons)
    return [f"{count:5} {'test ' if count == 1 else 'tests'}  {reason}" for reason, count in counted.most_common()]
