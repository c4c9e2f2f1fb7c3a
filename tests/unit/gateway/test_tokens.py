"""Which tokens are taken, and what is said of the others."""

import json
import time
from pathlib import Path

import pytest
from tests.unit.gateway.issuer import AUDIENCE, ISSUER, Issuer

from logmesh.gateway import tokens as module
from logmesh.gateway.tokens import TokenError, Tokens

NOW = int(time.time())
OURS, THEIRS = Issuer(), Issuer()


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    return Tokens(ISSUER, AUDIENCE, OURS.write_keys(tmp_path / "jwks.json"), "tenant")


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_good_token_names_its_tenant(tokens: Tokens, algorithm: str) -> None:
    token = OURS.token(algorithm=algorithm, tenant="acme", aud=["other", AUDIENCE])
    assert tokens.tenant_of(f"Bearer {token}") == tokens.tenant_of(f"bearer {token}") == "acme"


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (OURS.token(tenant="a", exp=NOW - 60), "expired"),
        (OURS.token(tenant="a", exp=None), "lacks the claim 'exp'"),
        (OURS.token(tenant="a", nbf=NOW + 600), "not valid yet"),
        (OURS.token(tenant="a", aud="other"), "another audience"),
        (OURS.token(tenant="a", aud=None), "lacks the claim 'aud'"),
        (OURS.token(tenant="a", iss="https://else.test"), "another issuer"),
        (OURS.token(tenant="a", iss=None), "lacks the claim 'iss'"),
        (OURS.token(tenant="a", algorithm="none"), "its algorithm is none of"),
        (OURS.token(tenant="a", algorithm="HS256"), "its algorithm is none of"),
        (OURS.token(tenant="a", algorithm="RS512"), "its algorithm is none of"),
        (THEIRS.token(tenant="a"), "not signed by a key of the issuer"),
        (OURS.token(tenant="a")[:-9] + "AAAAAAAAA", "not signed by a key of the issuer"),
        (OURS.token(), "names no tenant"),
        (OURS.token(tenant=""), "names no tenant"),
        (OURS.token(tenant=["a"]), "names no tenant"),
        (OURS.token(tenant="a\0b"), "names no tenant"),
        (OURS.token(tenant="a" * 256), "names no tenant"),
        ("nonsense", "not signed"),
        ("", "a token is needed"),
    ],
)
def test_any_other_token_is_refused_with_its_reason(tokens: Tokens, token: str, reason: str) -> None:
    with pytest.raises(TokenError, match=reason) as refused:
        tokens.tenant_of(f"Bearer {token}")
    assert not token or token not in str(refused.value)


def test_another_scheme_is_no_token(tokens: Tokens) -> None:
    with pytest.raises(TokenError, match="a token is needed"):
        tokens.tenant_of(f"Basic {OURS.token(tenant='acme')}")


def test_a_new_key_is_found_when_the_file_is_replaced(
    tokens: Tokens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "jwks.json"
    THEIRS.write_keys(path)
    keys = json.loads(path.read_text())
    for key in keys["keys"]:
        key["kid"] += "-2"
    path.write_text(json.dumps(keys))
    token = THEIRS.token(tenant="acme", kid="rsa-2")
    with pytest.raises(TokenError):  # just read: not again for every name that a client invents
        tokens.tenant_of(f"Bearer {token}")
    monkeypatch.setattr(module, "_REREAD_SECONDS", 0.0)
    assert tokens.tenant_of(f"Bearer {token}") == "acme"


@pytest.mark.parametrize("content", ["", "{}", '{"keys": []}', "[]"])
def test_a_file_without_keys_stops_the_start(tmp_path: Path, content: str) -> None:
    (tmp_path / "jwks.json").write_text(content)
    with pytest.raises(ValueError):
        Tokens(ISSUER, AUDIENCE, tmp_path / "jwks.json", "tenant")
