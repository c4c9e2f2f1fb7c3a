"""The dashboard in a real browser, against a real `logmesh up`: the specs of services/dashboard/e2e, all on one system."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripts import dashboard
from scripts.node import Node, find_node
from tests.e2e.test_up import LOOPBACK, Running, run

SPECS = sorted(path.name for path in (dashboard.DASHBOARD / "e2e").glob("*.e2e.ts"))
LIMIT_SECONDS = 280
# What a log may hold: markup, script, terminal sequences, characters that turn or hide text.
HOSTILE = (
    "<script>window.executed = 1</script>",
    "<img src=x onerror='window.executed = 2; alert(2)'>",
    "</script></title></textarea><svg onload=window.executed=3>",
    "[a link](javascript:window.executed=4) javascript:alert(4)",
    "{{constructor.constructor('window.executed=5')()}} ${window.executed=5} <%= 5 %>",
    "<link rel=stylesheet href=https://elsewhere.invalid/x.css><img src=https://elsewhere.invalid/x.png>",
    "\x1b[31mred\x1b[0m \x1b]8;;https://elsewhere.invalid\x07link\x1b]8;;\x07 \x08\x08\x7f bell\x07",
    "user \u202egnp.exe\u202c \u2066isolated\u2069 zero\u200bwidth \ufeff",
    "a" * 200_000,
)

pytestmark = [pytest.mark.timeout(LIMIT_SECONDS + 60), pytest.mark.needs("node", "chromium")]


@pytest.fixture(scope="module")
def chromium() -> str:
    return os.environ.get("LOGMESH_CHROMIUM") or str(shutil.which("chromium"))


@pytest.fixture(scope="module")
def node() -> Node:
    """A Node with the packages installed and the dashboard built."""
    found = find_node()
    assert found is not None
    dashboard.build(found)
    return found


@pytest.fixture(scope="module")
def system(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A system with a canary, the generator's records and the hostile ones."""
    folder = tmp_path_factory.mktemp("dashboard") / "data"
    running = Running(folder, "--canary", "50", "--producers", "2", "--rate", "150")
    try:
        running.wait_for("Logmesh is up")
        for service in ("hostile", "hostile <img src=x onerror=window.executed=6>"):
            lines = "".join(f"{line}\n" for line in HOSTILE)
            shipped = run("ship", "-", "--service", service, "--data-dir", str(folder), text=lines)
            assert shipped.returncode == 0, shipped.stderr
        yield running
    finally:
        if running.process.poll() is None:
            running.stop(signal.SIGTERM)


@pytest.mark.parametrize("spec", SPECS)
def test_spec(spec: str, system: Running, node: Node, chromium: str) -> None:
    environment = node.environment(dashboard.MODULES / ".bin") | {
        "LOGMESH_DASHBOARD": f"http://{LOOPBACK}.1:3000",
        "LOGMESH_RUNNER": str(system.process.pid),
        "LOGMESH_CHROMIUM": chromium,
        "NO_COLOR": "1",
    }
    command = ["vitest", "run", "--config", "vitest.e2e.config.ts", str(Path("e2e") / spec)]
    done = subprocess.run(
        command, cwd=dashboard.DASHBOARD, env=environment, timeout=LIMIT_SECONDS,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-6_000:]}\n{done.stderr[-6_000:]}\n{system.said()[-2_000:]}"
