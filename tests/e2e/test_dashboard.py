"""The dashboard in a real browser, against a real `logmesh up`: the specs of services/dashboard/e2e, all on one system."""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripts import dashboard
from scripts.chromium import find_chromium
from scripts.node import Node, find_node
from tests.commands import run
from tests.e2e.test_up import LOOPBACK, Running, begun

SPECS = sorted(str(path.relative_to(dashboard.DASHBOARD)) for path in (dashboard.DASHBOARD / "e2e").rglob("*.e2e.ts"))
LIMIT_SECONDS = 600
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
# What a page lays out: JSON, logfmt, a terminal's colours, a record of several lines.
SHAPED = (
    '{"level":"error","msg":"payment declined","order":9007199254740993,"http":{"status":402}}',
    'level=warn msg="slow answer" status=503 duration=1.5s',
    "\x1b[32mINFO\x1b[0m cache warmed",
    "ERROR no route to the bank\n    at shop.Pay.send(Pay.java:12)\n    at shop.Main.main(Main.java:3)",
)

pytestmark = [pytest.mark.timeout(LIMIT_SECONDS + 60), pytest.mark.needs("node", "chromium")]


@pytest.fixture(scope="module")
def chromium() -> str:
    return str(find_chromium())


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
    folder = begun(tmp_path_factory.mktemp("dashboard") / "data")
    running = Running(folder, "--canary", "50", "--producers", "2", "--rate", "50")
    try:
        running.wait_for("Logmesh is up")
        for service, texts in (
            ("hostile", HOSTILE),
            ("hostile <img src=x onerror=window.executed=6>", HOSTILE),
            ("shaped", SHAPED),
        ):
            lines = "".join(f"{line}\n" for line in texts)
            shipped = run("ship", "-", "--service", service, "--data-dir", str(folder), text=lines)
            assert shipped.returncode == 0, shipped.stderr
        yield running
    finally:
        if running.process.poll() is None:
            running.stop(signal.SIGTERM)


@pytest.fixture(scope="module")
def failures(
    request: pytest.FixtureRequest, system: Running, node: Node, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[str]]:
    """What failed, by spec: those that this run of pytest chose are run at once, in one Chromium."""
    report = tmp_path_factory.mktemp("report") / "specs.json"
    environment = node.environment(dashboard.MODULES / ".bin") | {
        "LOGMESH_DASHBOARD": f"http://{LOOPBACK}.1:3000",
        "LOGMESH_RUNNER": str(system.process.pid),
        "LOGMESH_CHROMIUM": chromium,
        "NO_COLOR": "1",
    }
    chosen = [
        str(item.callspec.params["spec"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.obj is test_spec
    ]
    reports = ["--reporter", "default", "--reporter", "json", f"--outputFile.json={report}"]
    command = ["vitest", "run", "--config", "vitest.e2e.config.ts", *reports]
    done = subprocess.run(
        [*command, *chosen], cwd=dashboard.DASHBOARD, env=environment, timeout=LIMIT_SECONDS,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = f"{done.stdout[-6_000:]}\n{done.stderr[-6_000:]}"
    assert report.exists(), said
    found = {}
    for spec in json.loads(report.read_text())["testResults"]:
        tests = spec["assertionResults"]
        failed = [f"{test['fullName']}: {text}" for test in tests for text in test["failureMessages"]]
        if spec["status"] != "passed" or any(test["status"] != "passed" for test in tests) or not tests:
            failed.append(f"{spec['status']}: {spec['message']}")
        found[str(Path(spec["name"]).relative_to(dashboard.DASHBOARD))] = failed
    # An error outside of any test, which no spec would name.
    assert done.returncode == 0 or any(found.values()), said
    return found


@pytest.mark.parametrize("spec", SPECS)
def test_spec(spec: str, failures: dict[str, list[str]], system: Running) -> None:
    assert failures[spec] == [], "\n".join([*failures[spec], system.said()[-2_000:]])
