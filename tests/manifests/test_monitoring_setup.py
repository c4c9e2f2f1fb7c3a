"""scripts/monitoring-setup.sh against programs that only write down how they were called."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "monitoring-setup.sh"
_RECORDER = """#!/bin/sh
echo "$(basename "$0") $*" >> "$CALLS"
case "$*" in
  *"get secret"*) printf cGFzcw== ;;
  kustomize*) echo "  runbook_url: https://git.example.com/docs/alerts.md#logmeshtargetdown" ;;
  "apply -f -") cat >> "$CALLS" ;;
esac
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A folder with what the script needs of the system, and nothing more."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "cat", "dirname", "basename", "sed", "sh"):
        (folder / name).symlink_to(shutil.which(name) or pytest.skip(f"{name} is not installed"))
    return folder


def record(path: Path, *names: str) -> None:
    for name in names:
        (path / name).write_text(_RECORDER)
        (path / name).chmod(0o755)


def run(path: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": str(path), "CALLS": str(path / "calls"), "HOME": os.environ.get("HOME", "/")}
    return subprocess.run(
        [str(path / "bash"), str(SCRIPT), *options],
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_help_needs_nothing(path: Path) -> None:
    done = run(path, "--help")
    assert done.returncode == 0
    assert "--admin-password" in done.stdout


def test_a_missing_program_is_named(path: Path) -> None:
    assert "kubectl is not installed" in run(path).stderr
    record(path, "kubectl")
    done = run(path)
    assert (done.returncode, "helm is not installed" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    "options",
    [("--tenant",), ("--tenant", "a,b=c"), ("--wrong",), ("--alertmanager", "/none"), ("--runbooks", "docs/alerts.md")],
)
def test_wrong_options_are_refused_before_anything_is_done(path: Path, options: tuple[str, ...]) -> None:
    record(path, "kubectl", "helm")
    assert run(path, *options).returncode == 1
    assert not (path / "calls").exists()


def test_it_installs_the_release_and_applies_the_component(path: Path) -> None:
    record(path, "kubectl", "helm")
    done = run(path, "--tenant", "shop", "--admin-password", "secret words")
    assert done.returncode == 0, done.stderr
    calls = (path / "calls").read_text()
    assert "helm upgrade --install prometheus kube-prometheus-stack" in calls
    assert "grafana.env.PGOPTIONS=-c app.tenant=shop" in calls
    assert "secret words" not in calls
    assert f"kubectl apply -k {ROOT}/manifests/components/monitoring" in calls
    assert "kubectl set env statefulset/log-processor -n log-system OTEL_EXPORTER_OTLP_ENDPOINT=" in calls
    assert "svc/prometheus-grafana 3000:80" in done.stdout


def test_alerts_lead_to_where_their_page_is_read(path: Path) -> None:
    record(path, "kubectl", "helm")
    assert run(path, "--runbooks", "https://wiki.example/logmesh").returncode == 0
    assert "runbook_url: https://wiki.example/logmesh#logmeshtargetdown\n" in (path / "calls").read_text()


def test_workloads_are_left_alone_on_request(path: Path) -> None:
    record(path, "kubectl", "helm")
    assert run(path, "--no-tracing").returncode == 0
    assert "set env" not in (path / "calls").read_text()
