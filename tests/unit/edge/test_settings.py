"""`python -m logmesh.edge`: from the environment to a configuration, or to one line that says what is wrong."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from logmesh.edge.__main__ import main
from logmesh.edge.bootstrap import render
from logmesh.edge.settings import EdgeSettings

Completed = subprocess.CompletedProcess[str]


def variables(environment: Mapping[str, str]) -> dict[str, str]:
    return {f"LOGMESH_EDGE_{name.upper()}": value for name, value in environment.items()}


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Completed]:
    """Runs it in this process, which takes a hundredth of the CPU."""

    def run(**environment: str) -> Completed:
        with monkeypatch.context() as patched:
            for name, value in variables(environment).items():
                patched.setenv(name, value)
            code = main()
        return Completed([], code, *capsys.readouterr())

    return run


def test_the_environment_becomes_a_configuration() -> None:
    chosen = {"gateway": "gateway.log-system.svc:50050", "dashboard_folder": "/dashboard", "hosts": "logs.test, logs"}
    done = subprocess.run(
        [sys.executable, "-m", "logmesh.edge"],
        env=os.environ | variables(chosen), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    listeners = json.loads(done.stdout)["static_resources"]["listeners"]
    assert [listener["name"] for listener in listeners] == ["api", "dashboard", "metrics"]
    assert '"logs.test"' in done.stdout and "gateway.log-system.svc" in done.stdout


@pytest.mark.parametrize(
    ("listen", "bound"),
    [
        ("localhost", [("127.0.0.1", None), ("::1", None)]),
        ("::", [("::", True)]),
        ("[::1]", [("::1", None)]),
        ("10.0.0.7", [("10.0.0.7", None)]),
    ],
)
def test_every_port_is_bound_to_every_address_that_is_meant(
    rendered: Callable[..., Completed], listen: str, bound: list[tuple[str, bool | None]]
) -> None:
    done = rendered(listen_address=listen, gateway="[::1]:50050")
    assert done.returncode == 0, done.stderr
    resources = json.loads(done.stdout)["static_resources"]
    for listener in resources["listeners"]:
        sockets = [found["address"]["socket_address"] for found in (listener, *listener["additional_addresses"])]
        assert [(found["address"], found.get("ipv4_compat")) for found in sockets] == bound
    assert '"address": "::1",\n' in json.dumps(resources["clusters"][0], indent=1)


def test_certificates_are_named_in_files_that_envoy_watches(rendered: Callable[..., Completed], tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    environment = {"tls_cert": "/tls/tls.crt", "tls_key": "/tls/tls.key", "secrets_folder": str(folder)}
    assert rendered(**environment).returncode == 2  # there is no such folder
    folder.mkdir()
    done = rendered(**environment)
    assert done.returncode == 0, done.stderr
    (file,) = folder.iterdir()
    assert str(file) in done.stdout and "/tls/tls.key" not in done.stdout
    (secret,) = json.loads(file.read_text())["resources"]
    assert secret["tls_certificate"]["watched_directory"] == {"path": "/tls"}


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"tls_cert": "/cert.pem"}, "LOGMESH_EDGE_TLS_CERT, LOGMESH_EDGE_TLS_KEY go together"),
        ({"jwt_issuer": "https://issuer.test"}, "LOGMESH_EDGE_JWT_JWKS go together"),
        ({"gateway_tls_ca": "/ca.pem"}, "LOGMESH_EDGE_GATEWAY_IDENTITY go together"),
        ({"gateway": "gateway"}, "must be host:port"),
        ({"gateway": "::1:50050"}, "brackets around an IPv6 address"),
        ({"api_port": "0"}, "LOGMESH_EDGE_API_PORT"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(
    rendered: Callable[..., Completed], environment: dict[str, str], words: str
) -> None:
    done = rendered(**environment)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert words in done.stderr


def test_every_setting_is_described_and_the_defaults_open_nothing() -> None:
    assert all(field.description for field in EdgeSettings.model_fields.values())
    options = EdgeSettings().options()
    assert not options.reflection and options.split is None
    assert options.rate_limit is not None
    assert render(options)
