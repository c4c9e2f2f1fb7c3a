"""README's table of what others send with: each of its lines does what it says."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.commands import run
from tests.docker_logs import container_folder, write_log
from tests.e2e.test_readme import README, ROOT
from tests.e2e.test_up import LOGMESH, Running
from tests.waiting import until

_LINES = dict(
    re.findall(
        r"^\| ([^|]+) \| `([^`]+)`", README.partition("## Send it what you run")[2].partition("\n## ")[0], re.MULTILINE
    )
)
_PROGRAM = """
import logging
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
provider = LoggerProvider()
provider.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
logging.getLogger().addHandler(LoggingHandler(logger_provider=provider))
logging.error("paid by an SDK")
provider.shutdown()
"""


def line_of(beginning: str) -> str:
    """The line of the row whose first cell begins so."""
    (line,) = [str(line) for cell, line in _LINES.items() if cell.startswith(beginning)]
    return line


async def until_found(up: Running, service: str) -> list[str]:
    """The bodies of a service's records, once there are any."""

    async def some() -> list[str]:
        search = ("search", f'service = "{service}"', "--since", "1h", "--output", "json", "--gateway", up.api)
        found = await asyncio.to_thread(run, *search, "--data-dir", str(up.data_dir))
        assert found.returncode == 0, found.stderr
        return [json.loads(line)["body"] for line in found.stdout.splitlines()]

    return await until(some, every_seconds=0.3)


def here(line: str, up: Running) -> str:
    """The line with the addresses and folders of this system."""
    for printed, own in (
        ("localhost:", f"{up.loopback}.1:"),
        ("~/.local/share/logmesh", str(up.data_dir)),
    ):
        line = line.replace(printed, own)
    return line


async def test_an_application_sends_by_its_sdk(up: Running, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(_PROGRAM)
    line = here(line_of("an application"), up)
    subprocess.run(
        ["bash", "-euc", f'{line}; exec "$0" app.py', sys.executable], cwd=tmp_path, check=True, timeout=60,
        env=os.environ | {"OTEL_SERVICE_NAME": "by-an-sdk"},
    )  # fmt: skip
    assert await until_found(up, "by-an-sdk") == ["paid by an SDK"]


@pytest.mark.parametrize("which", ["a host", "Docker"])
async def test_files_are_followed_until_ctrl_c(up: Running, tmp_path: Path, which: str) -> None:
    line = here(line_of(which), up).replace('sudo "$(command -v logmesh)"', "logmesh")
    if which == "Docker":
        service = "of-docker"
        folder = container_folder(tmp_path, "b2" * 32, "web-1", **{"com.docker.compose.service": service})
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}000Z"
        write_log(folder, b'{"log":"one of docker\\n","stream":"stdout","time":"%b"}\n' % now.encode())
        line = line.replace("--docker", f"--docker --docker-root {tmp_path}", 1)
    else:
        service = "of-host"
        (tmp_path / "app.log").write_text("one of host\n")
        line = line.replace("/var/log", str(tmp_path)).replace("--service host", f"--service {service}")
    line = line.replace("logmesh ship", " ".join([*LOGMESH, "ship"]), 1)
    process = subprocess.Popen(
        ["bash", "-euc", f"exec {line}"], env=os.environ | {"LOGMESH_DATA_DIR": str(up.data_dir)}
    )
    try:
        assert await until_found(up, service) == [f"one {service.replace('-', ' ')}"]
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


@pytest.mark.needs("otelcol")
async def test_a_collector_follows_files_by_the_example(up: Running, tmp_path: Path) -> None:
    line = line_of("an agent")
    example = line.split()[-1]
    settings = here((ROOT / example).read_text("utf-8"), up).replace("/var/log/app", str(tmp_path))
    (tmp_path / Path(example).name).write_text(settings.replace("service.name: app", "service.name: of-a-collector"))
    (tmp_path / "app.log").write_text("one of a collector\n")
    line = line.replace(example, Path(example).name)
    process = subprocess.Popen(["bash", "-euc", f"exec {line}"], cwd=tmp_path)
    try:
        assert await until_found(up, "of-a-collector") == ["one of a collector"]
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.parametrize(
    ("program", "example", "service_line", "options"),
    [
        pytest.param(
            "fluent-bit", "fluent-bit.yaml", "service_name=app", ["-c"], marks=pytest.mark.needs("fluent-bit")
        ),
        pytest.param(
            "filebeat",
            "filebeat.yml",
            "service.name: app",
            ["--path.home", ".", "-e", "-c"],
            marks=pytest.mark.needs("filebeat"),
        ),
    ],
)
async def test_an_agent_follows_files_by_its_example(
    up: Running, tmp_path: Path, program: str, example: str, service_line: str, options: list[str]
) -> None:
    settings = here((ROOT / "docs/examples/senders" / example).read_text("utf-8"), up).replace(
        "/var/log/app", str(tmp_path)
    )
    settings = settings.replace("host: localhost", f"host: {up.loopback}.1").replace(
        service_line, service_line.replace("app", f"of-{program}")
    )
    (tmp_path / example).write_text(settings)
    (tmp_path / "app.log").write_text(f"ERROR one of {program}\n")
    command = " ".join([program, *options, example])
    process = subprocess.Popen(["bash", "-euc", f"exec {command}"], cwd=tmp_path)
    try:
        assert await until_found(up, f"of-{program}") == [f"ERROR one of {program}"]
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.needs("kubectl")
def test_a_cluster_s_nodes_get_an_agent(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "manifests", tmp_path / "manifests")
    line = line_of("a cluster").replace("kubectl apply -k", "kubectl kustomize")
    made = subprocess.run(["bash", "-euc", line], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60)
    assert "name: log-agent" in made.stdout and "kind: DaemonSet" in made.stdout and "name: log-receiver" in made.stdout
