"""What `logmesh up` says once it is ready."""

from dataclasses import replace
from pathlib import Path

from logmesh.cli.local.plan import LocalOptions
from logmesh.cli.local.run_state import DEFAULT_DATA_DIR, RunState
from logmesh.cli.local.welcome import welcome

METRICS = {"gateway": "http://127.0.0.1:9090/metrics", "log-processor-0": "http://127.0.0.11:9090/metrics"}
STATE = RunState(1, "127.0.0.1:8080", "t", ["127.0.0.11:50052"], "c", "k", "a", "d", METRICS)
DEFAULTS = LocalOptions(DEFAULT_DATA_DIR.expanduser())


def said(options: LocalOptions) -> list[str]:
    return [line.plain for line in welcome(options, STATE, "127.0.0.1:54320", "logmesh")]


def test_each_address_of_metrics_has_the_name_of_its_process() -> None:
    first = next(index for index, line in enumerate(said(DEFAULTS)) if line.split()[:1] == ["metrics"])
    assert said(DEFAULTS)[first].split() == ["metrics", "gateway", METRICS["gateway"]]
    assert said(DEFAULTS)[first + 1].split() == ["log-processor-0", METRICS["log-processor-0"]]


def test_a_system_in_another_data_folder_is_found_by_that_alone() -> None:
    other = said(replace(DEFAULTS, data_dir=Path("/elsewhere"), loopback="127.0.1"))
    commands = [line for line in other if line.startswith("  logmesh ")]
    assert len(commands) == 4
    assert all(line.endswith(" --data-dir /elsewhere") for line in commands)
    assert not any("--data-dir" in line for line in said(replace(DEFAULTS, loopback="127.0.1")))
