"""``make verify-manifests``: everything a cluster is given, before the tools that judge such things.

Each judge prints a line. One whose program is not installed says so and is passed over, except where CI=true, which installs
them all. Ends with 1 when any judge found something.
"""

import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import kubernetes_validate
import yaml
from kubernetes_validate import utils as schemas
from scripts.custom_resources import custom_resource_errors
from scripts.manifests import (
    CHART,
    COMPOSE_FILE,
    Object,
    RenderFailed,
    combinations,
    has_kubectl,
    render,
    render_chart,
    title,
)
from scripts.node import ROOT

_LIMIT_SECONDS = 300
_KUBERNETES_VERSIONS = 3


class Skipped(Exception):
    """A judge that can't be asked here; the text says what is missing."""


def main() -> int:
    """Ask every judge and return the exit code."""
    found = False
    for judge in (
        kubernetes,
        custom_resources,
        checkov,
        istioctl,
        helm,
        shellcheck,
        hadolint,
        promtool,
        envoy,
        compose,
    ):
        try:
            errors = judge()
        except Skipped as reason:
            print(f"{judge.__name__:<18} passed over: {reason}")
            continue
        except (subprocess.TimeoutExpired, RenderFailed) as failure:
            errors = [str(failure)]
        found |= bool(errors)
        print(f"{judge.__name__:<18} {'no findings' if not errors else f'{len(errors)} findings'}: {judge.__doc__}")
        for error in errors:
            print(f"  {error}")
    return int(found)


def kubernetes() -> list[str]:
    """every combination against the schemas of the last three Kubernetes versions, strictly"""
    versions = list(dict.fromkeys(schemas.major_minor(version) for version in schemas.all_versions()))
    errors: dict[str, None] = {}
    for name, item in _every_object():
        for version in versions[-_KUBERNETES_VERSIONS:]:
            try:
                kubernetes_validate.validate(item, version, strict=True)
            except kubernetes_validate.SchemaNotFoundError:
                continue  # a custom resource: the next judge's
            except kubernetes_validate.ValidationError as error:
                path = ".".join(map(str, error.absolute_path))
                errors[f"{name}: {title(item)} ({version}): {path}: {error.message}"] = None
    return list(errors)


def custom_resources() -> list[str]:
    """objects of Istio, Prometheus' operator, Gateway API and others against the schemas that their projects publish"""
    errors: dict[str, None] = {}
    try:
        for name, item in _every_object():
            for error in custom_resource_errors(item):
                errors[f"{name}: {title(item)}: {error}"] = None
    except FileNotFoundError as missing:
        raise Skipped(str(missing)) from missing
    return list(errors)


def checkov() -> list[str]:
    """every combination against checkov's rules, but for those that .checkov.yaml explains away"""
    _need("checkov", "make tools installs it")
    if not has_kubectl():
        raise Skipped("kubectl is not installed")
    with tempfile.TemporaryDirectory() as folder:
        for combination in combinations():
            file = Path(folder, re.sub(r"\W+", "-", combination.name) + ".yaml")
            file.write_text(yaml.safe_dump_all(render(combination)))
        return _run(["checkov", "--config-file", str(ROOT / ".checkov.yaml"), "--directory", folder])


def istioctl() -> list[str]:
    """istio/ and the base with it, analysed together"""
    _need("istioctl", "make tools-istioctl installs it")
    rendered = next(found for found in combinations() if found.name == "base + istio")
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(yaml.safe_dump_all(render(rendered)))
        file.flush()
        # Without the second word it speaks of namespace `default` alone, where nothing is.
        return _run(["istioctl", "analyze", "--all-namespaces", "--use-kube=false", "--color=false", file.name])


def helm() -> list[str]:
    """the chart, linted strictly"""
    _need("helm", "make tools installs it")
    if not CHART.is_dir():
        raise Skipped("there is no chart")
    return _run(["helm", "lint", "--strict", str(CHART)])


def shellcheck() -> list[str]:
    """scripts/*.sh, and those that the manifests mount"""
    _need("shellcheck", "make setup installs it")
    return _run(
        [
            "shellcheck",
            "--external-sources",
            "--source-path=SCRIPTDIR",
            *_files("scripts/**/*.sh"),
            *_files("manifests/**/*.sh"),
        ]
    )


def hadolint() -> list[str]:
    """images/*.Dockerfile"""
    _need("hadolint", "make setup installs it")
    return _run(["hadolint", *_files("images/*.Dockerfile")])


def promtool() -> list[str]:
    """Prometheus' rules and their unit tests"""
    _need("promtool", "apt install prometheus brings it")
    return [
        *_run(["promtool", "check", "rules", *_files("monitoring/prometheus/rules/*.yaml")]),
        *_run(["promtool", "test", "rules", *_files("monitoring/prometheus/tests/*.yaml")]),
    ]


def envoy() -> list[str]:
    """the edge's configuration as manifests and compose render it"""
    _need("envoy", "make setup installs it")
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder, "envoy.json")
        environment = {"LOGMESH_EDGE_GATEWAY": "gateway:50050", "LOGMESH_EDGE_DASHBOARD_FOLDER": folder}
        text = subprocess.run(
            [sys.executable, "-m", "logmesh.edge"], env=os.environ | environment, capture_output=True, check=True, timeout=60
        ).stdout  # fmt: skip
        configuration.write_bytes(text)
        return _run(["envoy", "--mode", "validate", "--disable-hot-restart", "-c", str(configuration)])


def compose() -> list[str]:
    """docker-compose.yml, as Compose 1 and Compose 2 read it"""
    _need("docker-compose", "make tools installs it")
    found = _run(["docker-compose", "--file", str(COMPOSE_FILE), "config", "--quiet"])
    # Where Go is, make tools installs the plugin's loader as well.
    if shutil.which("compose-spec"):
        found += _run(["compose-spec", str(COMPOSE_FILE)])
    return found


@functools.cache
def _every_object() -> tuple[tuple[str, Object], ...]:
    """Each with the name of what it was first rendered from: most are the same in all. The chart's are among them where helm is."""
    if not has_kubectl():
        raise Skipped("kubectl is not installed")
    rendered = [(combination.name, render(combination)) for combination in combinations()]
    if shutil.which("helm"):
        for secured in ("istio", "tls"):
            values = f"{secured}.enabled=true,monitoring.enabled=true,agent.enabled=true,agent.tlsSecret=agents"
            rendered.append((f"the chart with {secured}", render_chart("--set", values)))
    different = {json.dumps(item): (name, item) for name, objects in reversed(rendered) for item in objects}
    return tuple(different.values())


def _need(program: str, where: str) -> None:
    if shutil.which(program):
        return
    if os.environ.get("CI") == "true":
        sys.exit(f"verify-manifests: {program} is missing: {where}")
    raise Skipped(f"no {program}: {where}")


def _files(pattern: str) -> list[str]:
    found = sorted(map(str, ROOT.glob(pattern)))
    if not found:
        raise Skipped(f"nothing is at {pattern}")
    return found


def _run(command: Sequence[str]) -> list[str]:
    """What a judge says when it is not content."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_SECONDS, check=False)
    if done.returncode == 0:
        return []
    return (done.stdout + done.stderr).strip().splitlines() or [f"it ended with {done.returncode}"]


if __name__ == "__main__":
    sys.exit(main())
