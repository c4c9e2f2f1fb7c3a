"""A release in a cluster: passwords are made once and kept, and `helm test` says whether the pipeline works."""

import base64
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from scripts.manifests import CHART, Object, title
from tests.manifests.chart import run, template
from tests.manifests.cluster import cluster, secret
from tests.manifests.workloads import of_kind

from logmesh.v1.pipeline_service_pb2 import GetSummaryRequest, GetSummaryResponse

_NO_HELM = pytest.mark.needs("helm")
_KEYS = {"superuser-password", "owner-password", "writer-password", "reader-password"}


@_NO_HELM
def test_passwords_are_made_at_random_and_outlive_the_release() -> None:
    first, second = _secrets(template()), _secrets(template.__wrapped__())
    assert first["timescaledb"]["data"].keys() == _KEYS
    assert first["redis"]["data"].keys() == {"password"}
    values = [value for secret in (*first.values(), *second.values()) for value in secret["data"].values()]
    assert len(set(values)) == len(values) == 2 * (len(_KEYS) + 1)
    for value in values:
        password = base64.b64decode(value).decode()
        assert len(password) == 32 and password.isalnum(), "a DSN is composed of it as it is"
    for item in (*first.values(), next(found for found in template() if found["kind"] == "PersistentVolumeClaim")):
        assert item["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


@_NO_HELM
def test_an_upgrade_keeps_passwords_and_adds_those_that_are_missing() -> None:
    present = secret("timescaledb", {"owner-password": "from-before"}, {"meta.helm.sh/release-name": "log-system"})
    with cluster([present]) as address:
        secrets = _secrets(template.__wrapped__("--dry-run=server", "--kube-apiserver", address))
    assert base64.b64decode(secrets["timescaledb"]["data"]["owner-password"]) == b"from-before"
    assert secrets["timescaledb"]["data"].keys() == _KEYS
    assert "redis" in secrets


@_NO_HELM
def test_a_secret_that_somebody_else_made_is_left_alone() -> None:
    with cluster([secret("timescaledb", {"owner-password": "theirs"}, {})]) as address:
        secrets = _secrets(template.__wrapped__("--dry-run=server", "--kube-apiserver", address))
    assert secrets.keys() == {"redis"}


@_NO_HELM
@pytest.mark.parametrize(("release", "made"), [("log-system", True), ("other", False), (None, False)])
def test_the_agents_namespace_that_somebody_else_made_is_left_alone(release: str | None, made: bool) -> None:
    annotations = {"meta.helm.sh/release-name": release} if release else {}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "log-agent", "annotations": annotations}}
    with cluster([namespace], known=template()) as address:
        objects = template.__wrapped__("--dry-run=server", "--kube-apiserver", address, "--set", "agent.enabled=true")
    titles = {title(item) for item in objects}
    assert "DaemonSet/log-agent" in titles
    assert ("Namespace/log-agent" in titles) is made


@_NO_HELM
def test_an_installation_ends_with_commands_that_name_what_is_there() -> None:
    notes = _notes()
    services = {item["metadata"]["name"]: item for item in of_kind(template(), "Service")}
    forwarded = re.findall(r"kubectl port-forward -n log-system svc/(\S+) \d+:(\d+)", notes)
    assert {("frontend", "80"), ("frontend", "8080"), ("gateway", "50050")} == set(forwarded)
    for name, port in forwarded:
        assert int(port) in {found["port"] for found in services[name]["spec"]["ports"]}
    for kind, name in re.findall(r"rollout status -n log-system (\w+)/(\S+)", notes):
        assert f"{kind}/{name}" in {title(item).lower() for item in template()}
    assert "helm test log-system -n log-system --logs" in notes
    assert "grpcurl -plaintext localhost:50050 list" in notes
    assert "kubectl config set-context --current --namespace log-system" in notes
    ports = {found["name"]: found["port"] for found in services["log-receiver"]["spec"]["ports"]}
    assert f"log-receiver.log-system:{ports['otlp-grpc']}" in notes
    assert f"http://log-receiver.log-system:{ports['otlp-http']}" in notes
    assert "kubectl exec -n log-system deploy/gateway -- logmesh token create" in notes


@_NO_HELM
def test_its_commands_follow_the_values() -> None:
    notes = _notes("--set", "reflection=false,createSecrets=false,producer.enabled=false")
    assert "logmesh search --gateway localhost:50050" in notes
    assert "grpcurl" not in notes
    assert "random passwords" not in notes
    assert "No demo producer runs" in notes
    assert "the NetworkPolicy log-processor must admit it" not in notes
    assert "log-receiver" not in _notes("--set", "receiver.enabled=false")
    assert "LOGMESH_TOKEN" not in notes
    issuer = "edge.jwt.issuer=https://issuer.example,edge.jwt.jwks=https://issuer.example/keys"
    lines = _notes("--set", issuer).splitlines()
    asked = [line for line in lines if any(word in line for word in ("  curl", "Search", "logmesh token"))]
    assert len(asked) == 3
    assert all("$LOGMESH_TOKEN" in line for line in asked)
    watched = "kubectl rollout status -n log-agent daemonset/log-agent"
    assert watched in _notes("--set", "agent.enabled=true")
    assert watched not in notes


@pytest.mark.parametrize(
    ("status", "ready", "code", "says"),
    [
        (health_pb2.HealthCheckResponse.SERVING, 2, 0, "2 of 2 processors are ready; 7 records are stored"),
        (health_pb2.HealthCheckResponse.SERVING, 0, 1, "the pipeline is not ready"),
        (health_pb2.HealthCheckResponse.NOT_SERVING, 2, 1, "NOT_SERVING"),
    ],
)
def test_the_test_of_a_release_judges_what_the_gateway_says(status: Any, ready: int, code: int, says: str) -> None:
    with _gateway(status, GetSummaryResponse(stored=7, processors=2, processors_ready=ready)) as address:
        done = _smoke(address, 10)
    assert (done.returncode, says in done.stdout + done.stderr) == (code, True), done.stderr


@pytest.mark.parametrize(
    ("refuses", "code", "says"), [(True, 0, "asks for tokens"), (False, 1, "answers whoever shows no token")]
)
def test_with_an_issuer_of_tokens_it_judges_whether_they_are_asked_for(refuses: bool, code: int, says: str) -> None:
    summary = GetSummaryResponse(stored=7, processors=2, processors_ready=2)
    with _gateway(health_pb2.HealthCheckResponse.SERVING, summary, refuses=refuses) as address:
        done = _smoke(address, 10, ASKS_FOR_TOKENS="true")
    assert (done.returncode, says in done.stdout + done.stderr) == (code, True), done.stderr


def test_the_test_of_a_release_ends_when_no_gateway_answers() -> None:
    done = _smoke("127.0.0.1:1", 1)
    assert done.returncode == 1
    assert done.stderr.startswith("127.0.0.1:1: DEADLINE_EXCEEDED")


def _smoke(address: str, limit_seconds: float, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {"LOGMESH_GATEWAY": address, "LIMIT_SECONDS": str(limit_seconds), "GRPC_VERBOSITY": "NONE"}
    return subprocess.run(
        [sys.executable, "-c", (CHART / "files" / "smoke.py").read_text()],
        env=os.environ | environment | more,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def _gateway(status: Any, summary: GetSummaryResponse, *, refuses: bool = False) -> Iterator[str]:
    def answered(request: GetSummaryRequest, context: grpc.ServicerContext) -> GetSummaryResponse:
        if refuses:
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "a token is needed: authorization: Bearer …")
        return summary

    server = grpc.server(ThreadPoolExecutor(2))
    servicer = health.HealthServicer()
    servicer.set("", status)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    answer = grpc.unary_unary_rpc_method_handler(
        answered,
        request_deserializer=GetSummaryRequest.FromString,
        response_serializer=GetSummaryResponse.SerializeToString,
    )
    pipeline = grpc.method_handlers_generic_handler("logmesh.v1.PipelineService", {"GetSummary": answer})
    server.add_generic_rpc_handlers((pipeline,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(0).wait(5)


def _notes(*arguments: str) -> str:
    with cluster(known=template("--set", "agent.enabled=true")) as address:
        place = ("--namespace", "log-system", "--kube-apiserver", address)
        options = ("--dry-run=server", "--disable-openapi-validation", "--hide-secret")
        return run("install", "log-system", str(CHART), *place, *options, *arguments).partition("NOTES:")[2]


def _secrets(items: tuple[Object, ...]) -> dict[str, Object]:
    return {title(item).removeprefix("Secret/"): item for item in items if item["kind"] == "Secret"}
