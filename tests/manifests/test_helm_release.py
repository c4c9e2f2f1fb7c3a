"""A release in a cluster: passwords are made once and kept, and `helm test` says whether the pipeline works."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from scripts.manifests import CHART, Object, title
from tests.manifests.chart import find_helm, template

from logmesh.v1.pipeline_service_pb2 import GetSummaryRequest, GetSummaryResponse

_NO_HELM = pytest.mark.skipif(find_helm() is None, reason="helm is not installed: make tools brings it")
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
    present = _secret("timescaledb", {"owner-password": "from-before"}, {"meta.helm.sh/release-name": "log-system"})
    with _cluster_with(present) as address:
        secrets = _secrets(template.__wrapped__("--dry-run=server", "--kube-apiserver", address))
    assert base64.b64decode(secrets["timescaledb"]["data"]["owner-password"]) == b"from-before"
    assert secrets["timescaledb"]["data"].keys() == _KEYS
    assert "redis" in secrets


@_NO_HELM
def test_a_secret_that_somebody_else_made_is_left_alone() -> None:
    with _cluster_with(_secret("timescaledb", {"owner-password": "theirs"}, {})) as address:
        secrets = _secrets(template.__wrapped__("--dry-run=server", "--kube-apiserver", address))
    assert secrets.keys() == {"redis"}


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


def test_the_test_of_a_release_ends_when_no_gateway_answers() -> None:
    done = _smoke("127.0.0.1:1", 1)
    assert done.returncode == 1
    assert done.stderr.startswith("127.0.0.1:1: DEADLINE_EXCEEDED")


def _smoke(address: str, limit_seconds: float) -> subprocess.CompletedProcess[str]:
    environment = {"LOGMESH_GATEWAY": address, "LIMIT_SECONDS": str(limit_seconds), "GRPC_VERBOSITY": "NONE"}
    return subprocess.run(
        [sys.executable, "-c", (CHART / "files" / "smoke.py").read_text()],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def _gateway(status: Any, summary: GetSummaryResponse) -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(2))
    servicer = health.HealthServicer()
    servicer.set("", status)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    answer = grpc.unary_unary_rpc_method_handler(
        lambda request, context: summary,
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


@contextmanager
def _cluster_with(secret: Object) -> Iterator[str]:
    """The few answers of an API server that a look-up of Secrets asks for."""
    groups: Object = {"kind": "APIGroupList", "apiVersion": "v1", "groups": []}
    kinds = [
        {"name": "secrets", "singularName": "secret", "namespaced": True, "kind": "Secret", "verbs": ["get", "list"]}
    ]
    answers: dict[str, Object] = {
        "/version": {"major": "1", "minor": "34", "gitVersion": "v1.34.0"},
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": groups,
        "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": kinds},
        f"/api/v1/namespaces/log-system/secrets/{secret['metadata']['name']}": secret,
    }

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = answers.get(self.path.split("?")[0])
            missing = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
            body = json.dumps(found or missing).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing: the requests are not what is tested."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def _secret(name: str, values: dict[str, str], annotations: dict[str, str]) -> Object:
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    metadata = {"name": name, "namespace": "log-system", "annotations": annotations}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}


def _secrets(items: tuple[Object, ...]) -> dict[str, Object]:
    return {title(item).removeprefix("Secret/"): item for item in items if item["kind"] == "Secret"}
