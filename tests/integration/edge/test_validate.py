"""Envoy itself accepts what is rendered, for every combination of options."""

import itertools
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.unit.edge.options import PLAIN, everything
from tests.unit.runtime.issuer import Issuer

from logmesh.cli.local.certificates import ensure_certificates
from logmesh.cli.local.envoy import envoy_program
from logmesh.edge.bootstrap import render
from logmesh.edge.options import Address, EdgeOptions, Jwt
from logmesh.edge.secrets import secret_files

SWITCHED = ("gateway_tls", "tls", "jwt", "dashboard_folder", "split")


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> EdgeOptions:
    """Everything is given, and the files that it names exist."""
    folder = tmp_path_factory.mktemp("edge")
    ensure_certificates(folder)
    (folder / "dashboard").mkdir()
    Issuer().write_keys(folder / "jwks.json")
    return everything(folder)


@pytest.mark.parametrize("given", list(itertools.product([False, True], repeat=len(SWITCHED))))
def test_envoy_accepts_it(full: EdgeOptions, given: tuple[bool, ...], tmp_path: Path) -> None:
    changes: dict[str, Any] = {
        name: getattr(full, name) for name, is_given in zip(SWITCHED, given, strict=True) if is_given
    }
    if given[0]:  # with the rest of what a cluster switches
        changes |= {"metrics": full.metrics, "hosts": full.hosts, "reflection": True}
    else:
        changes["rate_limit"] = None
    _validate(replace(PLAIN, **changes), tmp_path)


def test_envoy_accepts_an_issuers_address(full: EdgeOptions, tmp_path: Path) -> None:
    assert full.gateway_tls is not None
    for address in ("https://issuer.test/keys", "https://127.0.0.1:8443/keys"):
        _validate(replace(PLAIN, jwt=Jwt("https://issuer.test", "logmesh", address, full.gateway_tls.ca)), tmp_path)


def test_envoy_refuses_what_is_wrong(full: EdgeOptions, tmp_path: Path) -> None:
    """Else the test above would show nothing."""
    with pytest.raises(AssertionError, match="malformed IP address"):
        _validate(replace(full, metrics=Address("no address", 9091)), tmp_path)


def _validate(options: EdgeOptions, folder: Path) -> None:
    path = folder / "envoy.json"
    options = replace(options, secrets_folder=folder)
    for file, text in {**secret_files(options), path: render(options)}.items():
        file.write_text(text)
    command = [str(envoy_program()), "--mode", "validate", "--config-path", str(path), "--log-level", "error"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
