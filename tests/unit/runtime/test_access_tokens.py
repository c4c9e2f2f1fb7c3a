"""Which tokens are taken, and what is said of the others."""

import time
from pathlib import Path

import pytest
from tests.unit.runtime.issuer import AUDIENCE, ISSUER, Issuer

from logmesh.runtime import access_keys as module
from logmesh.runtime.access_keys import Keys
from logmesh.runtime.access_tokens import TokenError, Tokens

NOW = int(time.time())
OURS, THEIRS = Issuer(), Issuer()


@pytest.fixture
async def tokens(tmp_path: Path) -> Tokens:
    keys = Keys(str(OURS.write_keys(tmp_path / "jwks.json")))
    await keys.open()
    return Tokens(ISSUER, AUDIENCE, keys)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
async def test_a_good_token_names_its_tenant(tokens: Tokens, algorithm: str) -> None:
    token = OURS.token(algorithm=algorithm, tenant="acme", aud=["other", AUDIENCE])
    caller = await tokens.caller_of(f"Bearer {token}")
    assert caller == await tokens.caller_of(f"bearer {token}")
    assert (caller.tenant, caller.name, caller.roles) == ("acme", "someone", frozenset())
    assert caller.expires_unix > NOW


@pytest.mark.parametrize(
    ("claim", "roles"),
    [(["admin", "x"], {"admin", "x"}), ("admin x", {"admin", "x"}), ("administrator", {"administrator"}), ([["admin"]], set()),
     ({"admin": True}, set()), (True, set()), ("", set())],
)  # fmt: skip
async def test_roles_are_a_list_or_words(tokens: Tokens, claim: object, roles: set[str]) -> None:
    assert (await tokens.caller_of(f"Bearer {OURS.token(tenant='acme', roles=claim)}")).roles == roles


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (OURS.token(tenant="a", exp=NOW - 60), "expired"),
        (OURS.token(tenant="a", exp=None), "lacks the claim 'exp'"),
        (OURS.token(tenant="a", nbf=NOW + 86_400), "not valid yet"),
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
async def test_any_other_token_is_refused_with_its_reason(tokens: Tokens, token: str, reason: str) -> None:
    with pytest.raises(TokenError, match=reason) as refused:
        await tokens.caller_of(f"Bearer {token}")
    assert not token or token not in str(refused.value)


async def test_another_scheme_is_no_token(tokens: Tokens) -> None:
    with pytest.raises(TokenError, match="a token is needed"):
        await tokens.caller_of(f"Basic {OURS.token(tenant='acme')}")


async def test_a_new_key_is_found_when_the_file_is_replaced(
    tokens: Tokens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    THEIRS.write_keys(tmp_path / "jwks.json", suffix="-2")
    token = THEIRS.token(tenant="acme", kid="rsa-2")
    with pytest.raises(TokenError):  # just read: not again for every name that a client invents
        await tokens.caller_of(f"Bearer {token}")
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)
    assert (await tokens.caller_of(f"Bearer {token}")).tenant == "acme"


@pytest.mark.parametrize("content", ["", "{}", '{"keys": []}', "[]"])
async def test_a_file_without_keys_stops_the_start(tmp_path: Path, content: str) -> None:
    (tmp_path / "jwks.json").write_text(content)
    with pytest.raises(ValueError):
        await Keys(str(tmp_path / "jwks.json")).open()


async def test_a_key_that_was_taken_back_is_refused_after_a_while(
    tokens: Tokens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = OURS.token(tenant="acme")
    THEIRS.write_keys(tmp_path / "jwks.json", suffix="-2")
    assert (await tokens.caller_of(f"Bearer {token}")).tenant == "acme"
    monkeypatch.setattr(module, "FRESH_SECONDS", 0.0)
    with pytest.raises(TokenError, match="not signed by a key of the issuer"):
        await tokens.caller_of(f"Bearer {token}")


async def test_a_file_that_is_gone_or_half_written_leaves_the_old_keys(
    tokens: Tokens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FRESH_SECONDS", 0.0)
    for content in ('{"keys": [', None):
        path = tmp_path / "jwks.json"
        path.unlink() if content is None else path.write_text(content)
        assert (await tokens.caller_of(f"Bearer {OURS.token(tenant='acme')}")).tenant == "acme"


async def test_an_issuer_that_is_away_stops_no_start_and_lets_nobody_in() -> None:
    keys = Keys("https://127.0.0.1:1/jwks.json")
    await keys.open()
    with pytest.raises(TokenError):
        await Tokens(ISSUER, AUDIENCE, keys).caller_of(f"Bearer {OURS.token(tenant='acme')}")
