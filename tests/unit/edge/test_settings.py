"""`python -m logmesh.edge`: from the environment to a configuration, or to one line that says what is wrong."""

import json
import os
import subprocess
import sys

import pytest

from logmesh.edge.bootstrap import render
from logmesh.edge.settings import EdgeSettings


def rendered(**environment: str) -> subprocess.CompletedProcess[str]:
    variables = {f"LOGMESH_EDGE_{name.upper()}": value for name, value in environment.items()}
    command = [sys.executable, "-m", "logmesh.edge"]
    return subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, timeout=60, check=False)


def test_the_environment_becomes_a_configuration() -> None:
    done = rendered(gateway="gateway.log-system.svc:50050", dashboard_folder="/dashboard", hosts="logs.test, logs")
    assert done.returncode == 0, done.stderr
    listeners = json.loads(done.stdout)["static_resources"]["listeners"]
    assert [listener["name"] for listener in listeners] == ["api", "dashboard", "metrics"]
    assert '"logs.test"' in done.stdout and "gateway.log-system.svc" in done.stdout


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"tls_cert": "/cert.pem"}, "LOGMESH_EDGE_TLS_CERT, LOGMESH_EDGE_TLS_KEY go together"),
        ({"jwt_issuer": "https://issuer.test"}, "LOGMESH_EDGE_JWT_JWKS go together"),
        ({"gateway_tls_ca": "/ca.pem"}, "LOGMESH_EDGE_GATEWAY_IDENTITY go together"),
        ({"gateway": "gateway"}, "must be host:port"),
        ({"api_port": "0"}, "LOGMESH_EDGE_API_PORT"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(environment: dict[str, str], words: str) -> None:
    done = rendered(**environment)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert words in done.stderr


def test_every_setting_is_described_and_the_defaults_open_nothing() -> None:
    assert all(field.description for field in EdgeSettings.model_fields.values())
    options = EdgeSettings().options()
    assert not options.reflection and options.split is None
    assert options.rate_limit is not None
    assert render(options)
