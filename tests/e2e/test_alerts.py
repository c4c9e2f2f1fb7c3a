"""No alert speaks of a system that is well: every rule, without its patience, under a real Prometheus beside a real `logmesh up`."""

import json
import re
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from scripts.node import ROOT
from tests.e2e.test_up import Running

from logmesh.cli.local.run_state import read_run_state

pytestmark = pytest.mark.needs("prometheus")

RULES = sorted((ROOT / "monitoring" / "prometheus" / "rules").glob("*.yaml"))
# As the jobs are called in a cluster.
JOBS = {
    "producer": "log-producer",
    "receiver": "log-receiver",
    "processor": "log-processor",
    "gateway": "gateway",
    "edge": "frontend",
}
_SECONDS_OF_HISTORY = 15


@pytest.fixture
def prometheus(up: Running, tmp_path: Path) -> Iterator[str]:
    """The address of a Prometheus that scrapes the system."""
    state = read_run_state(up.data_dir)
    assert state
    address = f"{up.loopback}.1:9099"
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(_configuration(state.metrics, tmp_path)))
    command = [
        "prometheus", f"--config.file={tmp_path / 'prometheus.yml'}", f"--storage.tsdb.path={tmp_path / 'tsdb'}",
        f"--web.listen-address={address}",
    ]  # fmt: skip
    with (tmp_path / "prometheus.log").open("w") as log, subprocess.Popen(command, stderr=log) as process:
        yield address
        process.terminate()


def test_a_system_that_is_well_raises_no_alert(prometheus: str) -> None:
    # Rates have something to count, and what was absent before the first scrape is there.
    deadline = time.monotonic() + 60
    while _jobs_that_answer(prometheus) != set(JOBS.values()):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    time.sleep(_SECONDS_OF_HISTORY)
    assert _ask(prometheus, "sum(rate(logs_processed_total[10s])) > 0")
    assert [one["metric"] for one in _ask(prometheus, 'ALERTS{alertstate="firing"}')] == []


def _configuration(addresses: dict[str, str], folder: Path) -> dict[str, object]:
    """The rules that clusters get, each alert at once; every process by the name of its job."""
    for path in RULES:
        impatient = re.sub(r"^(\s+)(for|keep_firing_for): .*$", r"\1\2: 0s", path.read_text(), flags=re.MULTILINE)
        (folder / path.name).write_text(impatient)
    targets: dict[str, list[str]] = {}
    for name, url in addresses.items():
        job = next(job for part, job in JOBS.items() if part in name)
        targets.setdefault(job, []).append(urllib.parse.urlsplit(url).netloc)
    return {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [path.name for path in RULES],
        "scrape_configs": [{"job_name": job, "static_configs": [{"targets": found}]} for job, found in targets.items()],
    }


def _jobs_that_answer(prometheus: str) -> set[str]:
    try:
        return {one["metric"]["job"] for one in _ask(prometheus, "up == 1")}
    except OSError:
        return set()


def _ask(prometheus: str, query: str) -> list[dict[str, dict[str, str]]]:
    url = f"http://{prometheus}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    with urllib.request.urlopen(url, timeout=10) as answer:
        return list(json.load(answer)["data"]["result"])
