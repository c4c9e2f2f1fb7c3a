"""Schemas of custom resources, as their own projects publish them, in .tools/crds; ``python -m scripts.custom_resources`` fetches them.

They come from the Go module proxy, which keeps what was published as it was; Go checks each module's sum.
"""

import functools
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from scripts.manifests import Object
from scripts.node import ROOT

FOLDER = ROOT / ".tools" / "crds"
MODULES = {
    "istio.io/api@v1.32.0": "kubernetes/customresourcedefinitions.gen.yaml",
    "github.com/prometheus-operator/prometheus-operator@v0.85.0": "example/prometheus-operator-crd/*.yaml",
    "github.com/cert-manager/cert-manager@v1.21.2": "deploy/crds/cert-manager.io_*.yaml",
    "sigs.k8s.io/gateway-api@v1.4.0": "config/crd/standard/*.yaml",
    "k8s.io/autoscaler/vertical-pod-autoscaler@v1.8.1": "deploy/vpa-v1-crd-gen.yaml",
    "github.com/external-secrets/external-secrets@v1.3.2": "config/crds/bases/external-secrets.io_*.yaml",
    "github.com/kubernetes-csi/external-snapshotter/client/v8@v8.7.0": "config/crd/snapshot.*.yaml",
}
# Groups that Kubernetes itself serves; every other one has its own definitions.
_BUILT_IN = re.compile(r"^[^.]*$|\.k8s\.io$")
_NOT_BUILT_IN = {"gateway.networking.k8s.io", "autoscaling.k8s.io", "snapshot.storage.k8s.io", "metrics.k8s.io"}
_LIMIT_SECONDS = 300


class _Loader(yaml.CSafeLoader):
    """The C loader, since these are megabytes; a lone `=` is a text to everyone but YAML 1.1."""


_Loader.add_constructor("tag:yaml.org,2002:value", lambda _loader, node: node.value)


def custom_resource_errors(item: Object) -> list[str]:
    """What is wrong with an object of a custom resource; nothing for one that Kubernetes itself knows.

    Raises FileNotFoundError when the schemas were not fetched.
    """
    group, _, version = item["apiVersion"].rpartition("/")
    if _BUILT_IN.search(group) and group not in _NOT_BUILT_IN:
        return []
    schema = _schemas().get((group, version, item["kind"]))
    if schema is None:
        return [f"no project that is known defines {item['kind']} of {item['apiVersion']}"]
    found = jsonschema.Draft202012Validator(schema).iter_errors(item)
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in found]


@functools.cache
def _schemas() -> dict[tuple[str, str, str], dict[str, Any]]:
    files = sorted(FOLDER.glob("*.yaml"))
    if not files:
        raise FileNotFoundError(f"no schemas are in {FOLDER.relative_to(ROOT)}: make tools fetches them")
    found = {}
    for file in files:
        for definition in yaml.load_all(file.read_text(), Loader=_Loader):
            if not definition or definition.get("kind") != "CustomResourceDefinition":
                continue
            spec = definition["spec"]
            for version in spec["versions"]:
                schema = _strict(version["schema"]["openAPIV3Schema"])
                schema.get("properties", {}).pop("metadata", None)  # Kubernetes' own, and open
                schema["additionalProperties"] = True
                found[spec["group"], version["name"], spec["names"]["kind"]] = schema
    return found


def _strict(schema: Any) -> Any:
    """The same with no field allowed that it doesn't name: an API server would drop it without a word."""
    if isinstance(schema, list):
        return [_strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: _strict(value) if key != "enum" else value for key, value in schema.items()}
    if isinstance(strict.get("pattern"), str) and not _compiles(strict["pattern"]):
        del strict["pattern"]  # RE2's, and not Python's
    if strict.get("x-kubernetes-int-or-string"):
        strict.pop("type", None)
    if strict.get("nullable") and isinstance(strict.get("type"), str):
        strict["type"] = [strict["type"], "null"]
    names = strict.get("properties")
    open_to_all = strict.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in strict
    if isinstance(names, dict) and strict.get("type") == "object" and not open_to_all:
        strict["additionalProperties"] = False
    return strict


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def fetch() -> None:
    """Fill the folder. Raises CalledProcessError when a module can't be had."""
    go = shutil.which("go")
    if go is None:
        print("Go is not installed: custom resources are not checked against their schemas")
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as nowhere:  # outside of any module
        for module, pattern in MODULES.items():
            done = subprocess.run(
                [go, "mod", "download", "-json", module],
                cwd=nowhere, capture_output=True, text=True, timeout=_LIMIT_SECONDS, check=False,
            )  # fmt: skip
            if done.returncode:
                sys.exit(f"custom resources: {module}: {done.stdout or done.stderr}")
            for file in sorted(Path(json.loads(done.stdout)["Dir"]).glob(pattern)):
                name = module.rpartition("@")[0].replace("/", "_")
                shutil.copyfile(file, FOLDER / f"{name}-{file.name}")
    print(f"{len(list(FOLDER.glob('*.yaml')))} definitions of custom resources in {FOLDER.relative_to(ROOT)}")


if __name__ == "__main__":
    fetch()
