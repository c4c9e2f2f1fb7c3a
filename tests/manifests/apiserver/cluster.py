"""A Kubernetes API server with its etcd, alone on loopback: everything that a cluster admits or refuses, with nothing behind it.

No controller and no node is there, so objects stay as they were applied; what a controller would do for a test, `Cluster` does.
"""

import json
import os
import secrets
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from scripts.manifests import Object
from scripts.node import ROOT

from logmesh.cli.local.ports import free_port

ETCD = ROOT / ".tools" / "bin" / "etcd"
APISERVER = ROOT / ".tools" / "bin" / "kube-apiserver"
_START_SECONDS = 180
_STOP_SECONDS = 15
_COMMAND_SECONDS = 180


class Refused(Exception):
    """kubectl ended with an error; the text is its own."""


class Cluster:
    """What kubectl can do with the server, as an administrator."""

    def __init__(self, kubeconfig: Path) -> None:
        self.kubeconfig = kubeconfig
        # kubectl caches what a server offers in its user's home.
        self._environment = {**os.environ, "KUBECONFIG": str(kubeconfig), "HOME": str(kubeconfig.parent)}

    def kubectl(self, *arguments: str, given: Object | None = None) -> tuple[str, list[str]]:
        """What it prints, and the server's warnings; `given` is its standard input. Raises Refused."""
        done = subprocess.run(
            ["kubectl", *arguments],
            input=json.dumps(given), env=self._environment, cwd=ROOT,
            capture_output=True, text=True, timeout=_COMMAND_SECONDS, check=False,
        )  # fmt: skip
        if done.returncode:
            raise Refused(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout, [line for line in done.stderr.splitlines() if line.startswith("Warning:")]

    def get(self, *arguments: str, given: Object | None = None) -> list[Object]:
        """The objects that `kubectl get` finds. Raises Refused when one of those asked for is not there."""
        found: Any = json.loads(self.kubectl("get", *arguments, "-o", "json", given=given)[0])
        return list(found["items"]) if found["kind"].endswith("List") else [found]

    def enforce_quotas(self) -> None:
        """Have the server count against every ResourceQuota, from zero; a controller does it in a cluster, and none is here."""
        for quota in self.get("resourcequotas", "-A"):
            hard = quota["spec"]["hard"]
            status = json.dumps({"status": {"hard": hard, "used": dict.fromkeys(hard, "0")}})
            which = ("resourcequota", quota["metadata"]["name"], "-n", quota["metadata"]["namespace"])
            self.kubectl("patch", *which, "--subresource=status", "--type=merge", "-p", status)

    def remove(self, objects: Iterable[Object]) -> None:
        """Leave nothing of them, nor of the pods and claims in their namespaces."""
        objects = list(objects)
        self.kubectl("delete", "-f", "-", "--ignore-not-found", "--wait=false", given=together(objects))
        for name in {item["metadata"]["name"] for item in objects if item["kind"] == "Namespace"}:
            self.kubectl(
                "delete", "pods,persistentvolumeclaims,services,serviceaccounts", "--all", "-n", name, "--wait=false"
            )
            # What the namespace controller says of an empty namespace; it is gone then.
            for namespace in self.get("namespace", name):
                namespace["spec"]["finalizers"] = []
                path = f"/api/v1/namespaces/{name}/finalize"
                self.kubectl("replace", "--raw", path, "-f", "-", given=namespace)


@contextmanager
def removing(cluster: Cluster, objects: Iterable[Object]) -> Iterator[None]:
    """What is applied meanwhile is gone for the next test."""
    try:
        yield
    finally:
        cluster.remove(objects)


def together(objects: Iterable[Object]) -> Object:
    """One object of many, for kubectl's standard input."""
    return {"apiVersion": "v1", "kind": "List", "items": list(objects)}


@contextmanager
def running(folder: Path) -> Iterator[Cluster]:
    """A cluster that keeps its files in `folder`, stopped in the end."""
    etcd_url, port, token = f"http://127.0.0.1:{free_port()}", free_port(), secrets.token_hex(16)
    (folder / "tokens.csv").write_text(f"{token},admin,admin,system:masters\n")
    _write_key(folder / "service-accounts.key")
    kubeconfig = _write_kubeconfig(folder, f"https://127.0.0.1:{port}", token)
    with ExitStack() as processes:
        etcd = processes.enter_context(
            _process(
                folder / "etcd.log",
                [str(ETCD), f"--data-dir={folder / 'etcd'}", "--unsafe-no-fsync", "--log-level=warn"]
                + [f"--{kind}-client-urls={etcd_url}" for kind in ("listen", "advertise")]
                + ["--listen-peer-urls=http://127.0.0.1:0"],
            )
        )
        server = processes.enter_context(
            _process(
                folder / "kube-apiserver.log",
                [
                    str(APISERVER), f"--etcd-servers={etcd_url}", f"--secure-port={port}",
                    "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none",
                    # It makes its own certificate there, which kubectl is told to trust.
                    f"--cert-dir={folder}", f"--token-auth-file={folder / 'tokens.csv'}", "--authorization-mode=RBAC",
                    "--service-cluster-ip-range=10.96.0.0/16", "--service-account-issuer=https://kubernetes.default.svc",
                    f"--service-account-key-file={folder / 'service-accounts.key'}",
                    f"--service-account-signing-key-file={folder / 'service-accounts.key'}",
                    # Only a controller would lift the finalizers that this sets on claims.
                    "--disable-admission-plugins=StorageObjectInUseProtection",
                ],
            )
        )  # fmt: skip
        cluster = Cluster(kubeconfig)
        _wait_until_ready(cluster, {folder / "etcd.log": etcd, folder / "kube-apiserver.log": server})
        yield cluster


def _wait_until_ready(cluster: Cluster, processes: dict[Path, subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            cluster.kubectl("get", "--raw", "/readyz")
            return
        except Refused as refusal:
            for log, process in processes.items():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"{refusal}\n{log.name}: {log.read_text()[-2000:]}") from refusal
        time.sleep(0.5)


@contextmanager
def _process(log: Path, command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _write_key(path: Path) -> None:
    """What service accounts' tokens are signed with; nobody asks for one here, but the server doesn't start without."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    path.write_bytes(key.private_bytes(*pem))


def _write_kubeconfig(folder: Path, url: str, token: str) -> Path:
    path = folder / "kubeconfig"
    cluster = {"server": url, "certificate-authority": str(folder / "apiserver.crt")}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
        "current-context": "test",
    }
    path.write_text(json.dumps(config))  # JSON is YAML
    return path
