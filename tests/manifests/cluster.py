"""The few answers of an API server by which Helm believes that it is in a cluster: its kinds, and what it asks for by name."""

import base64
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from scripts.manifests import Object

_MISSING: Object = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}


def secret(name: str, values: dict[str, str], annotations: dict[str, str]) -> Object:
    """A Secret as a cluster tells it."""
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    metadata = {"name": name, "namespace": "log-system", "annotations": annotations}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}


@contextmanager
def cluster(present: Iterable[Object] = (), known: Iterable[Object] = ()) -> Iterator[str]:
    """The address of one that knows the kinds of `known`, and holds `present`: Secrets of log-system, and Namespaces."""
    answers = _discovery([*present, *known])
    folders = {"Secret": "/api/v1/namespaces/log-system/secrets", "Namespace": "/api/v1/namespaces"}
    answers |= {f"{folders[item['kind']]}/{item['metadata']['name']}": item for item in present}

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = answers.get(self.path.split("?")[0])
            body = json.dumps(found or _MISSING).encode()
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


def _discovery(known: Iterable[Object]) -> dict[str, Object]:
    kinds: dict[str, set[str]] = defaultdict(set)
    for item in known:
        kinds[item["apiVersion"]].add(item["kind"])
    versions = [{"groupVersion": name, "version": name.split("/")[-1]} for name in sorted(kinds) if "/" in name]
    groups = [
        {"name": found["groupVersion"].split("/")[0], "versions": [found], "preferredVersion": found}
        for found in versions
    ]
    return {
        "/version": {"major": "1", "minor": "34", "gitVersion": "v1.34.0"},
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups},
        **{
            f"/apis/{name}" if "/" in name else f"/api/{name}": {
                "kind": "APIResourceList",
                "groupVersion": name,
                "resources": [_resource(kind) for kind in sorted(found)],
            }
            for name, found in kinds.items()
        },
    }


def _resource(kind: str) -> Object:
    name = kind.lower()
    plural = f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"
    namespaced = kind not in {"Namespace", "ClusterRole", "ClusterRoleBinding"}
    return {
        "name": plural,
        "singularName": name,
        "namespaced": namespaced,
        "kind": kind,
        "verbs": ["get", "list", "create"],
    }
