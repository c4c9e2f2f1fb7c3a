"""The documents say what is so: their links lead somewhere, their commands name objects, variables, scripts and options that exist."""

import re
import subprocess
from collections.abc import Iterator
from itertools import pairwise, takewhile
from typing import Final

import pytest
import yaml
from scripts.manifests import ISTIO, combinations, read_objects, render
from scripts.node import ROOT
from tests.manifests.markdown import Document
from tests.manifests.test_references import SETTINGS
from tests.manifests.workloads import TEMPLATES
from tests.needs import require

DOCUMENTS: Final = [Document(path) for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]]
each_document = pytest.mark.parametrize(
    "document", [pytest.param(document, id=str(document.path.relative_to(ROOT))) for document in DOCUMENTS]
)

KINDS: Final = {
    "configmap": "ConfigMap", "cronjob": "CronJob", "daemonset": "DaemonSet", "deploy": "Deployment", "deployment": "Deployment",
    "endpoints": "Service", "gateway.gateway.networking.k8s.io": "Gateway", "hpa": "HorizontalPodAutoscaler", "job": "Job",
    "peerauthentication": "PeerAuthentication", "pod": "Pod", "pvc": "PersistentVolumeClaim", "secret": "Secret",
    "service": "Service", "statefulset": "StatefulSet", "svc": "Service", "virtualservice": "VirtualService",
}  # fmt: skip
_FLAGS_WITH_VALUES: Final = {"-n", "-l", "-o", "-c", "-p", "-f", "-k", "--namespace"}
_SUBCOMMANDS: Final = {"rollout", "set", "top"}
_OF_PODS: Final = {"exec", "logs", "port-forward"}
# Made by scripts, by components or by hand: never in a file.
_SECRETS: Final = {("Secret", "timescaledb"), ("Secret", "redis")}


@each_document
def test_links_lead_to_files_and_headings(document: Document) -> None:
    broken = []
    for link in document.links():
        target, _, anchor = link.partition("#")
        path = (document.path.parent / target).resolve() if target else document.path
        if not path.exists() or (anchor and anchor not in Document(path).anchors()):
            broken.append(link)
    assert not broken


@pytest.fixture(scope="module")
def names() -> set[tuple[str, str]]:
    """(kind, name) of everything that a user can apply, and of what controllers make of it."""
    require("kubectl")
    found = set(_SECRETS)
    for item in [
        *(item for combination in combinations() for item in render(combination)),
        *read_objects(sorted([*ISTIO.glob("*.yaml"), *(ROOT / "docs" / "examples").glob("*.yaml")])),
    ]:
        kind, name = item["kind"], item["metadata"]["name"]
        found.add((kind, name))
        if kind == "StatefulSet":
            claims = item["spec"].get("volumeClaimTemplates", [])
            for ordinal in range(10):
                found.add(("Pod", f"{name}-{ordinal}"))
                found |= {
                    ("PersistentVolumeClaim", f"{claim['metadata']['name']}-{name}-{ordinal}") for claim in claims
                }
    return found


@each_document
def test_commands_name_objects_that_are_there(document: Document, names: set[tuple[str, str]]) -> None:
    commands = [words for words in document.commands("kubectl") if _namespace(words) == "log-system"]
    made = {("Job", words[-1]) for words in commands if words[1:3] == ["create", "job"]}
    for words in commands:
        for kind, name in _named(words):
            assert kind in KINDS, f"{' '.join(words)}: no kind {kind}"
            assert (KINDS[kind], name) in names | made, f"{' '.join(words)}: no {kind} {name}"


@each_document
def test_containers_that_commands_choose_are_there(document: Document, names: set[tuple[str, str]]) -> None:
    containers = set()
    for combination in combinations():
        for item in render(combination):
            pod = item
            for step in (*TEMPLATES.get(item["kind"], ("",)), "spec"):
                pod = pod.get(step, {})
            containers |= {
                container["name"] for key in ("initContainers", "containers") for container in pod.get(key, ())
            }
    for words in document.commands("kubectl"):
        if _namespace(words) == "log-system" and "-c" in words:
            assert words[words.index("-c") + 1] in containers | {"istio-proxy"}, " ".join(words)


@each_document
def test_variables_are_known(document: Document) -> None:
    known = {
        f"{settings.model_config['env_prefix']}{field}".upper()
        for settings in SETTINGS.values()
        for field in settings.model_fields
    }
    known |= set(re.findall(r"\$\{(LOGMESH_\w+)", (ROOT / "docker-compose.yml").read_text()))
    for file in (ROOT / "services" / "logmesh" / "cli").rglob("*.py"):
        known |= set(re.findall(r'envvar="(\w+)"', file.read_text()))
    unknown = set(re.findall(r"\bLOGMESH_[A-Z_]+\b", document.text)) - known
    assert not unknown


@each_document
def test_yaml_parses_and_objects_are_whole(document: Document) -> None:
    for block in document.blocks("yaml"):
        for item in yaml.safe_load_all(block):
            assert isinstance(item, dict), block
            if "kind" not in item:
                continue
            assert item["apiVersion"], block
            assert item["kind"] == "Kustomization" or item["metadata"]["name"], block


@each_document
def test_patches_are_of_objects_that_are_there(document: Document, names: set[tuple[str, str]]) -> None:
    """A block with a workload's name is a patch, and its containers are those of the workload."""
    workloads = {(item["kind"], item["metadata"]["name"]): item for c in combinations() for item in render(c)}
    for block in document.blocks("yaml"):
        for item in yaml.safe_load_all(block):
            key = (item.get("kind", ""), item.get("metadata", {}).get("name", ""))
            if key not in workloads or item["kind"] not in TEMPLATES:
                continue
            theirs, ours = (_containers(workloads[key]), _containers(item))
            assert ours <= theirs, f"{key}: {ours - theirs}"


@each_document
def test_scripts_take_the_options_that_are_shown(document: Document) -> None:
    for words in document.commands(r"scripts/[\w-]+\.sh"):
        script = words[0].removeprefix("./")
        assert (ROOT / script).is_file(), f"no {script}"
        usage = subprocess.run([ROOT / script, "--help"], capture_output=True, text=True, timeout=20, check=True).stdout
        for option in (word for word in words[1:] if word.startswith("--") and word != "--help"):
            assert re.search(rf"(?<!\S){re.escape(option)}\b", usage.replace("[", " ")), f"{script} has no {option}"


@each_document
def test_scripts_that_are_named_are_there(document: Document) -> None:
    for script in re.findall(r"(?:\./)?(scripts/[\w-]+\.(?:sh|py|yaml))", document.text):
        assert (ROOT / script).is_file(), f"no {script}"


@each_document
def test_verbs_of_make_are_there(document: Document) -> None:
    verbs = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for words in document.commands("make"):
        assert not words[1:] or words[1] in verbs, " ".join(words)


def _namespace(words: list[str]) -> str:
    for flag, value in pairwise(words):
        if flag in {"-n", "--namespace"}:
            return value
    return ""


def _named(words: list[str]) -> Iterator[tuple[str, str]]:
    """(kind as written, name) of what a kubectl command is about; placeholders are nobody's name."""
    given = list(_positionals(words[1:]))
    verb, rest = given[0], given[1:]
    for word in words:
        if word.startswith("--from="):
            kind, _, name = word.removeprefix("--from=").partition("/")
            yield kind, name
    if verb in {"create", "apply", "kustomize"} or not rest:
        return
    if verb in _SUBCOMMANDS:
        rest = rest[1:]
    if verb == "cp":
        yield from (("pod", word.partition(":")[0]) for word in rest if ":" in word)
        return
    rest = [word for word in rest if "=" not in word and not re.fullmatch(r"\d+:\d+", word) and not word.endswith("-")]
    if rest and "/" not in rest[0]:
        kinds = ["pod"] if verb in _OF_PODS else rest.pop(0).split(",")
        kind = {"pods": "pod", "deployments": "deployment"}.get(kinds[0], kinds[0])
        if verb in _OF_PODS:
            rest = rest[:1]
        found = [(kind, name) for name in takewhile(lambda word: "/" not in word, rest)]
    else:
        found = []
    found += [(kind, name) for kind, _, name in (word.partition("/") for word in rest) if name]
    yield from ((kind.lower(), name) for kind, name in found if not re.search(r"[<$…]", name))


def _positionals(words: list[str]) -> Iterator[str]:
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in _FLAGS_WITH_VALUES:
            skip = True
        elif not word.startswith("-"):
            yield word


def _containers(workload: dict[str, object]) -> set[str]:
    pod: object = workload
    for step in (*TEMPLATES[str(workload["kind"])], "spec"):
        pod = pod[step] if isinstance(pod, dict) and step in pod else {}
    if not isinstance(pod, dict):
        return set()
    return {container["name"] for key in ("initContainers", "containers") for container in pod.get(key, ())}
