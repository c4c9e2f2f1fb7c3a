"""Images and the compose file: what they copy and mount is there, whom they run as, and the ports that users know."""

import re
import subprocess
from typing import Any

import pytest
import yaml
from scripts.node import ROOT
from tests.manifests.test_references import SETTINGS

DOCKERFILES = sorted(ROOT.glob("images/*.Dockerfile"))
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
IGNORED = (ROOT / ".dockerignore").read_text().splitlines()


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
def test_an_image_runs_as_user_1000_and_is_told_to_stop(path: Any) -> None:
    last_stage = path.read_text().rpartition("\nFROM ")[2]
    assert "USER 1000:1000" in last_stage
    assert "STOPSIGNAL SIGTERM" in last_stage
    for image in re.findall(r"^FROM (\S+)", path.read_text(), re.MULTILINE):
        assert re.search(r":(?!latest)\S+$", image), image


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
def test_what_an_image_copies_is_in_the_context(path: Any) -> None:
    for line in re.findall(r"^COPY (?!--from)(.+)$", path.read_text(), re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
            # Everything is ignored but what is named.
            assert any(rule.startswith("!") and source.startswith(rule[1:]) for rule in IGNORED), source


@pytest.mark.parametrize(
    ("program", "options"),
    [
        pytest.param(
            "docker-compose", ("--file", "docker-compose.yml", "config"), marks=pytest.mark.needs("docker-compose")
        ),
        pytest.param("compose-spec", ("docker-compose.yml",), marks=pytest.mark.needs("compose-spec")),
    ],
)
def test_compose_is_read_by_both_of_its_versions(program: str, options: tuple[str, ...]) -> None:
    """Distributions still bring Compose 1, which refuses what it does not know; the plugin is Compose 2."""
    done = subprocess.run([program, *options], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    read = yaml.safe_load(done.stdout)
    assert read["services"].keys() == SERVICES.keys()
    # Whatever the folder is called.
    assert {volume["name"] for volume in read["volumes"].values()} == {f"logmesh_{name}" for name in COMPOSE["volumes"]}


def test_compose_publishes_the_ports_that_users_know_on_this_machine_alone() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert all(port.startswith("127.0.0.1:") for port in published)
    assert {port.split(":")[1] for port in published} >= {"3000", "8080", "8000", "4317", "4318", "5514"}
    # Of one protocol: syslog comes by two.
    assert len({(port.split(":")[1], port.endswith("/udp")) for port in published}) == len(published)


def test_compose_mounts_what_is_there_and_waits_for_what_it_names() -> None:
    for name, service in SERVICES.items():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            known = (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]
            assert known, f"{name}: {volume}"
        assert set(service.get("depends_on", ())) <= set(SERVICES), name
        for other, condition in service.get("depends_on", {}).items():
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other], f"{name} waits for {other}, which tells nothing"


def test_compose_sets_variables_that_programs_know() -> None:
    seen = 0
    for name, service in SERVICES.items():
        words = " ".join([*service.get("command", ()), *service.get("entrypoint", ())])
        settings = next((found for module, found in SETTINGS.items() if module in words), None)
        ours = [variable for variable in service.get("environment", {}) if variable.startswith("LOGMESH_")]
        if settings is None:
            assert not ours, name
            continue
        known = {f"{settings.model_config['env_prefix']}{field}".upper() for field in settings.model_fields}
        assert set(ours) <= known, f"{name}: {sorted(set(ours) - known)}"
        seen += len(ours)
    assert seen


def test_compose_has_the_whole_system() -> None:
    wanted = {
        "timescaledb",
        "redis",
        "log-producer",
        "log-receiver",
        "log-processor-0",
        "log-processor-1",
        "gateway",
        "frontend",
    }
    assert set(SERVICES) >= wanted | {"prometheus", "grafana", "jaeger"}
    for name, service in SERVICES.items():
        assert re.search(r":[\w.${}:-]+$", service["image"]), name
        assert not service["image"].endswith(":latest"), name
