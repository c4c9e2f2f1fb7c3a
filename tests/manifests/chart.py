"""The chart as a cluster would be given it, and what may differ between that and the base without any difference in what runs."""

import copy
import functools
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from pydantic_settings import BaseSettings
from scripts.manifests import CHART, Object
from scripts.node import ROOT
from tests.manifests.test_references import SETTINGS
from tests.manifests.workloads import TEMPLATES

KUBERNETES = "1.34.0"
_LIMIT_SECONDS = 60
_HASHED = re.compile(r"^(timescaledb-(?:configuration|init|backup))-[0-9a-z]{10}$")
_OF_HELM = ("helm.sh/", "app.kubernetes.io/managed-by", "checksum/", "meta.helm.sh/")
# Such as ${KEEP:-7}.
_DEFAULTS_OF_SCRIPTS = re.findall(r"\$\{(\w+):-(\w+)\}", (CHART / "files" / "backup" / "backup.sh").read_text())
_PREFIXES = {"logmesh.edge": "LOGMESH_EDGE_"}


class Refused(Exception):
    """Helm would not render; the text is its own."""


def find_helm() -> str | None:
    """The one that `make tools` installed, else the one on PATH."""
    own = ROOT / ".tools" / "bin" / "helm"
    return str(own) if own.exists() else shutil.which("helm")


@functools.cache
def template(*arguments: str, namespace: str = "log-system") -> tuple[Object, ...]:
    """What `helm install` with these arguments would apply, hooks included. Raises Refused."""
    done = run("template", "log-system", str(CHART), "--namespace", namespace, "--kube-version", KUBERNETES, *arguments)
    return tuple(found for found in yaml.load_all(done, Loader=yaml.CSafeLoader) if found)


def run(*arguments: str) -> str:
    """Standard output of Helm. Raises Refused."""
    helm = find_helm()
    assert helm
    done = subprocess.run([helm, *arguments], capture_output=True, text=True, timeout=_LIMIT_SECONDS, check=False)
    if done.returncode:
        raise Refused(done.stdout + done.stderr)
    return done.stdout


def is_hook(item: Object) -> bool:
    """Whether Helm runs it at a moment of its own, such as `helm test`, and not with the rest."""
    return "helm.sh/hook" in (item["metadata"].get("annotations") or {})


def by_title(items: Iterable[Object]) -> dict[str, Object]:
    """Objects by kind, namespace and name, as they are once what makes no difference is away."""
    found = {}
    for item in items:
        plain = normalised(item)
        key = f"{plain['kind']}/{plain['metadata'].get('namespace', '')}/{plain['metadata']['name']}"
        assert key not in found, f"{key} is there twice"
        found[key] = plain
    return found


def normalised(item: Object) -> Object:
    """Without Helm's labels, hashes in names, and what is said although it is the default: of a variable or of a pull policy."""
    plain: Object = _unhashed(copy.deepcopy(item))
    _without_helm(plain["metadata"])
    if path := TEMPLATES.get(plain["kind"]):
        pods: Any = plain
        for step in path:
            pods = pods[step]
        _without_helm(pods["metadata"])
        for container in (*pods["spec"].get("initContainers", ()), *pods["spec"]["containers"]):
            if container.get("imagePullPolicy") == "IfNotPresent":
                del container["imagePullPolicy"]
            program = _program(container)
            if "env" in container:
                container["env"] = [found for found in container["env"] if not _is_default(found, program)]
    return plain


def _without_helm(metadata: Object) -> None:
    for group in ("labels", "annotations"):
        kept = {name: value for name, value in (metadata.get(group) or {}).items() if not name.startswith(_OF_HELM)}
        metadata.pop(group, None)
        if kept:
            metadata[group] = kept


def _unhashed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _unhashed(found) for name, found in value.items()}
    if isinstance(value, list):
        return [_unhashed(found) for found in value]
    return _HASHED.sub(r"\1", value) if isinstance(value, str) else value


def _program(container: Mapping[str, Any]) -> str | None:
    words = " ".join([*container.get("command", ()), *container.get("args", ())])
    return next((name for name in SETTINGS if name in words), None)


def _is_default(variable: Mapping[str, Any], program: str | None) -> bool:
    if program is None:
        return (variable["name"], variable.get("value")) in _DEFAULTS_OF_SCRIPTS
    settings: type[BaseSettings] = SETTINGS[program]
    field = settings.model_fields.get(variable["name"].removeprefix(_PREFIXES.get(program, "LOGMESH_")).lower())
    if field is None or field.is_required() or "value" not in variable:
        return False
    default = field.get_default(call_default_factory=True)
    if isinstance(default, list):
        return bool(variable["value"] == ",".join(default))
    return bool(variable["value"] == (str(default).lower() if isinstance(default, bool) else str(default)))
