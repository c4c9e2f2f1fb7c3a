"""Whose records a sender may bring: by its token, else by its certificate; and nobody's where it shows neither."""

import time

import pytest
from structlog.testing import capture_logs
from tests.unit.producer.receivers.known_tokens import KnownTokens

from logmesh.producer.receivers.callers import Callers, NotKnownYet
from logmesh.producer.receivers.credentials import Forbidden, Unauthenticated
from logmesh.producer.receivers.identities import NAMELESS
from logmesh.runtime import metrics
from logmesh.runtime.sender_tokens import new_secret

SHOP = "spiffe://cluster.local/ns/shop/sa/checkout"
OTHER = "spiffe://cluster.local/ns/shop/sa/other"


def reason_of(callers: Callers, authorization: str, identity: str = "") -> str:
    with pytest.raises((Unauthenticated, Forbidden)) as refused:
        callers.tenant_of(authorization, identity=identity, door="test")
    assert isinstance(refused.value, Unauthenticated | Forbidden)
    return refused.value.reason


def test_without_tokens_and_certificates_everybody_is_this_process_s_own() -> None:
    callers = Callers()
    assert not callers.asks
    assert callers.tenant_of("") == callers.tenant_of("Basic nonsense", identity=SHOP) == ""


def test_a_token_brings_its_tenants_records_until_it_expires() -> None:
    tokens, now = KnownTokens(), [1_000.0]
    callers = Callers(tokens, clock=lambda: now[0])
    acme, globex, short = tokens.make("acme"), tokens.make("globex"), tokens.make("acme", 1_060.0)
    tokens.asked_at = time.monotonic() + 60
    assert callers.tenant_of(f"Bearer {acme}") == "acme"
    assert callers.tenant_of(f"Bearer {globex}", identity=SHOP) == "globex"
    assert callers.tenant_of(f"Bearer {short}") == "acme"
    now[0] = 1_060.0
    assert reason_of(callers, f"Bearer {short}") == "expired_token"
    assert reason_of(callers, "") == "no_token"
    assert reason_of(callers, f"Bearer {acme[:-1]}") == "malformed"
    assert reason_of(callers, f"Bearer {new_secret('0123456789abcdef')}") == "unknown_token"


async def test_a_token_that_is_newer_than_the_list_is_asked_for_once() -> None:
    tokens = KnownTokens()
    callers = Callers(tokens)
    unknown = f"Bearer {new_secret('0123456789abcdef')}"
    with pytest.raises(NotKnownYet):
        callers.tenant_of(unknown)
    assert tokens.wanted == 1
    with pytest.raises(Unauthenticated):
        await callers.admit(unknown)
    assert tokens.wanted == 2
    for _ in range(10):
        assert reason_of(callers, unknown) == "unknown_token"
    assert tokens.wanted == 2

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
    assert reason_of(callers, "") == "no_token"


def test_an_identity_brings_its_tenants_records_where_no_token_is_shown() -> None:
    tokens = KnownTokens()
    callers = Callers(tokens, {SHOP: "acme"}, certificates=True)
    assert callers.tenant_of("", identity=SHOP) == "acme"
    assert callers.tenant_of(f"Bearer {tokens.make('globex')}", identity=SHOP) == "globex"
    for stranger in (OTHER, NAMELESS):
        assert reason_of(callers, "", stranger) == "unknown_identity"
    assert reason_of(callers, "Bearer nonsense", SHOP) == "malformed"
    assert reason_of(callers, "") == "no_token"


def test_certificates_alone_are_enough_where_nothing_else_is_asked_for() -> None:
    callers = Callers(certificates=True)
    assert callers.tenant_of("", identity=NAMELESS) == callers.tenant_of("Bearer x", identity=SHOP) == ""
    assert reason_of(callers, "Bearer x") == "no_certificate"
    tokens = KnownTokens()
    both = Callers(tokens, certificates=True)
    assert reason_of(both, "", SHOP) == "no_token"
    assert both.tenant_of(f"Bearer {tokens.make('acme')}", identity=SHOP) == "acme"


def test_what_can_show_nothing_is_taken_where_nobody_is_asked_or_for_a_named_tenant() -> None:
    assert Callers().tenant_of_unnamed == ""
    assert Callers(unnamed="network").tenant_of_unnamed == "network"
    assert Callers(KnownTokens()).tenant_of_unnamed is None
    assert Callers(certificates=True).tenant_of_unnamed is None
    assert Callers(KnownTokens(), unnamed="network").tenant_of_unnamed == "network"


def test_syslog_is_of_its_certificates_tenant_or_of_the_one_that_is_named() -> None:
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


def test_each_is_counted_and_one_of_a_kind_a_minute_is_logged_without_its_secret() -> None:
    now = [1_000.0]
    tokens = KnownTokens()
    tokens.asked_at = time.monotonic() + 60
    callers = Callers(tokens, clock=lambda: now[0])
    secret = new_secret("0123456789abcdef")
    counted = metrics.SENDERS_TURNED_AWAY.labels("test", "unknown_token")
    before = counted._value.get()
    with capture_logs() as said:
        for _ in range(5):
            reason_of(callers, f"Bearer {secret}")
        now[0] += 61
        reason_of(callers, f"Bearer {secret}")
    assert counted._value.get() - before == 6
    assert [(line["event_name"], line["others_since"]) for line in said] == [
        ("sender_turned_away", 0),
        ("sender_turned_away", 4),
    ]
    assert "0123456789abcdef" in said[0]["reason"]
    assert secret[-49:] not in repr(said)
