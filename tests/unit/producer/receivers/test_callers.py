"""Whose records a sender may bring: by its token, else by its certificate; and nobody's where it shows neither."""

import base64
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.unit.producer.receivers.known_tokens import KnownTokens
from tests.unit.runtime.issuer import AUDIENCE, ISSUER, Issuer

from logmesh.producer.receivers.access import Access
from logmesh.producer.receivers.callers import Callers
from logmesh.producer.receivers.credentials import Forbidden, Unauthenticated
from logmesh.producer.receivers.identities import NAMELESS
from logmesh.producer.receivers.lookup import NotKnownYet
from logmesh.runtime import metrics
from logmesh.runtime.access_keys import Keys
from logmesh.runtime.access_tokens import Tokens as AccessTokens
from logmesh.runtime.sender_tokens import new_secret

SHOP = "spiffe://cluster.local/ns/shop/sa/checkout"
OTHER = "spiffe://cluster.local/ns/shop/sa/other"


async def reason_of(callers: Callers, authorization: str, identity: str = "") -> str:
    with pytest.raises((Unauthenticated, Forbidden)) as refused:
        await callers.admit(authorization, identity=identity, door="test")
    assert isinstance(refused.value, Unauthenticated | Forbidden)
    return refused.value.reason


async def test_without_tokens_and_certificates_everybody_is_this_process_s_own() -> None:
    callers = Callers()
    assert not callers.asks
    assert await callers.admit("") == await callers.admit("Basic nonsense", identity=SHOP) == ""


async def test_a_token_brings_its_tenants_records_until_it_expires() -> None:
    tokens, now = KnownTokens(), [1_000.0]
    callers = Callers(tokens, clock=lambda: now[0])
    acme, globex, short = tokens.make("acme"), tokens.make("globex"), tokens.make("acme", 1_060.0)
    tokens.asked_at = time.monotonic() + 60
    assert await callers.admit(f"Bearer {acme}") == "acme"
    assert await callers.admit(f"Bearer {globex}", identity=SHOP) == "globex"
    assert await callers.admit(f"Bearer {short}") == "acme"
    assert len(tokens.used) == 3
    now[0] = 1_060.0
    assert await reason_of(callers, f"Bearer {short}") == "expired_token"
    assert await reason_of(callers, "") == "no_token"
    assert await reason_of(callers, f"Bearer {acme[:-1]}") == "malformed"
    assert await reason_of(callers, f"Bearer {new_secret('0123456789abcdef')}") == "unknown_token"
    assert len(tokens.used) == 3


async def test_a_token_that_is_newer_than_the_list_is_asked_for_once() -> None:
    tokens = KnownTokens()
    callers = Callers(tokens)
    unknown = f"Bearer {new_secret('0123456789abcdef')}"
    for _ in range(10):
        assert await reason_of(callers, unknown) == "unknown_token"
        assert tokens.wanted == 1

    class MadeMeanwhile(KnownTokens):
        async def next_answer(self) -> None:
            await super().next_answer()
            self.current = made.current

    made = KnownTokens()
    fresh = made.make("acme")
    assert await Callers(MadeMeanwhile()).admit(f"Bearer {fresh}") == "acme"


async def test_while_no_list_is_known_senders_are_to_come_again() -> None:
    tokens = KnownTokens(known=False)
    callers = Callers(tokens)
    with pytest.raises(NotKnownYet):
        await callers.admit(f"Bearer {new_secret('0123456789abcdef')}")
    assert await reason_of(callers, "") == "no_token"


async def test_an_identity_brings_its_tenants_records_where_no_token_is_shown() -> None:
    tokens = KnownTokens()
    callers = Callers(tokens, {SHOP: "acme"}, certificates=True)
    assert await callers.admit("", identity=SHOP) == "acme"
    assert await callers.admit(f"Bearer {tokens.make('globex')}", identity=SHOP) == "globex"
    for stranger in (OTHER, NAMELESS):
        assert await reason_of(callers, "", stranger) == "unknown_identity"
    assert await reason_of(callers, "Bearer nonsense", SHOP) == "malformed"
    assert await reason_of(callers, "") == "no_token"


async def test_an_access_token_brings_its_tenants_records_with_the_role_for_it(tmp_path: Path) -> None:
    issuer, stranger = Issuer(), Issuer()
    keys = Keys(str(issuer.write_keys(tmp_path / "jwks.json")))
    await keys.open()
    access = Access(AccessTokens(ISSUER, AUDIENCE, keys), "ingest")
    good = issuer.token(tenant="acme", roles=["ingest"])
    tokens = KnownTokens()
    for callers in (Callers(access=access), Callers(tokens, access=access, clock=lambda: 0.0)):
        assert await callers.admit(f"Bearer {good}") == "acme"
        basic = base64.b64encode(f"anybody:{good}".encode()).decode()
        assert await callers.admit(f"Basic {basic}", identity=SHOP) == "acme"
        for token, reason in (
            (issuer.token(tenant="acme", roles=["reader"]), "role"),
            (issuer.token(tenant="acme"), "role"),
            (issuer.token(tenant="acme", roles=["ingest"], exp=1), "access_token"),
            (issuer.token(roles=["ingest"]), "access_token"),
            (issuer.token(tenant="acme", roles=["ingest"], algorithm="none"), "access_token"),
            (stranger.token(tenant="acme", roles=["ingest"]), "access_token"),
        ):
            assert await reason_of(callers, f"Bearer {token}") == reason
        assert await reason_of(callers, "") == "no_token"
    assert await Callers(tokens, access=access).admit(f"Bearer {tokens.make('globex')}") == "globex"
    assert await reason_of(Callers(tokens), f"Bearer {good}") == "malformed"
    assert await reason_of(Callers(access=access), f"Bearer {tokens.make('globex')}") == "access_token"


async def test_certificates_alone_are_enough_where_nothing_else_is_asked_for() -> None:
    callers = Callers(certificates=True)
    assert await callers.admit("", identity=NAMELESS) == await callers.admit("Bearer x", identity=SHOP) == ""
    assert await reason_of(callers, "Bearer x") == "no_certificate"
    tokens = KnownTokens()
    both = Callers(tokens, certificates=True)
    assert await reason_of(both, "", SHOP) == "no_token"
    assert await both.admit(f"Bearer {tokens.make('acme')}", identity=SHOP) == "acme"


async def test_what_can_show_nothing_is_taken_where_nobody_is_asked_or_for_a_named_tenant() -> None:
    assert Callers().tenant_of_unnamed == ""
    assert Callers(unnamed="network").tenant_of_unnamed == "network"
    assert Callers(KnownTokens()).tenant_of_unnamed is None
    assert Callers(certificates=True).tenant_of_unnamed is None
    assert Callers(KnownTokens(), unnamed="network").tenant_of_unnamed == "network"


async def test_syslog_is_of_its_certificates_tenant_or_of_the_one_that_is_named() -> None:
    def reason(callers: Callers, identity: str) -> str:
        with pytest.raises((Unauthenticated, Forbidden)) as refused:
            callers.tenant_of_connection(identity, "test")
        assert isinstance(refused.value, Unauthenticated | Forbidden)
        return refused.value.reason

    assert Callers().tenant_of_connection("", "test") == ""
    assert Callers(certificates=True).tenant_of_connection(NAMELESS, "test") == ""
    assert reason(Callers(certificates=True), "") == "no_certificate"
    tenants = Callers(KnownTokens(), {SHOP: "acme"}, certificates=True, unnamed="network")
    assert tenants.tenant_of_connection(SHOP, "test") == "acme"
    assert tenants.tenant_of_connection("", "test") == "network"
    assert reason(tenants, OTHER) == "unknown_identity"
    # Where tokens say whose records come in, any certificate is not enough.
    assert reason(Callers(KnownTokens(), certificates=True), SHOP) == "no_certificate"


async def test_each_is_counted_and_one_of_a_kind_a_minute_is_logged_without_its_secret() -> None:
    now = [1_000.0]
    tokens = KnownTokens()
    tokens.asked_at = time.monotonic() + 60
    callers = Callers(tokens, clock=lambda: now[0])
    secret = new_secret("0123456789abcdef")
    counted = metrics.SENDERS_TURNED_AWAY.labels("test", "unknown_token")
    before = counted._value.get()
    with capture_logs() as said:
        for _ in range(5):
            await reason_of(callers, f"Bearer {secret}")
        now[0] += 61
        await reason_of(callers, f"Bearer {secret}")
    assert counted._value.get() - before == 6
    assert [(line["event_name"], line["others_since"]) for line in said] == [
        ("sender_turned_away", 0),
        ("sender_turned_away", 4),
    ]
    assert "0123456789abcdef" in said[0]["reason"]
    assert secret[-49:] not in repr(said)
