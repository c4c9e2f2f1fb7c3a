"""SPIFFE IDs: what the specification allows is one, as it is spelt, and nothing else is."""

import contextlib
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmesh.runtime.spiffe import MAX_BYTES, NotASpiffeId, checked_spiffe_id

# On a busy machine an example takes long, which is not what is looked at.
TRUST_DOMAINS = st.text(string.ascii_lowercase + string.digits + ".-_", min_size=1, max_size=255)
SEGMENTS = st.text(string.ascii_letters + string.digits + ".-_", min_size=1, max_size=60).filter(
    lambda segment: segment not in (".", "..")
)
GATEWAY = "spiffe://cluster.local/ns/log-system/sa/gateway"


@given(TRUST_DOMAINS, st.lists(SEGMENTS, min_size=1, max_size=12))
def test_what_the_specification_allows_is_one(trust_domain: str, segments: list[str]) -> None:
    text = f"spiffe://{trust_domain}/{'/'.join(segments)}"
    assert checked_spiffe_id(text) == text


@given(st.text(max_size=80) | st.text(GATEWAY + " .%:@?#\\\0\n", max_size=80).map(lambda rest: f"spiffe://{rest}"))
def test_any_text_is_an_id_that_is_spelt_so_or_none(text: str) -> None:
    with contextlib.suppress(NotASpiffeId):
        assert checked_spiffe_id(text) == text


@given(st.integers(0, len(GATEWAY)), st.characters())
def test_another_character_is_another_id_or_none(at: int, more: str) -> None:
    changed = GATEWAY[:at] + more + GATEWAY[at:]
    with contextlib.suppress(NotASpiffeId):
        assert checked_spiffe_id(changed) != GATEWAY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "gateway",
        "https://cluster.local/ns/log-system/sa/gateway",
        "SPIFFE://cluster.local/ns/log-system/sa/gateway",
        "spiffe:/cluster.local/ns/log-system/sa/gateway",
        "spiffe:///ns/log-system/sa/gateway",
        "spiffe://cluster.local",
        "spiffe://cluster.local/",
        f"{GATEWAY}/",
        "spiffe://cluster.local//ns/log-system/sa/gateway",
        "spiffe://cluster.local/ns/log-system/./sa/gateway",
        "spiffe://cluster.local/ns/log-system/../sa/gateway",
        "spiffe://Cluster.local/ns/log-system/sa/gateway",
        "spiffe://cluster.local:443/ns/log-system/sa/gateway",
        "spiffe://user@cluster.local/ns/log-system/sa/gateway",
        f"{GATEWAY}?a=b",
        f"{GATEWAY}#a",
        f"{GATEWAY}%20",
        f"{GATEWAY}\n",
        f" {GATEWAY}",
        "spiffe://clüster.local/ns/log-system/sa/gateway",
        f"spiffe://cluster.local/ns/log-system/sa/{'g' * MAX_BYTES}",
        f"spiffe://{'a' * 256}/ns/log-system/sa/gateway",
    ],
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(NotASpiffeId) as refused:
        checked_spiffe_id(text)
    assert len(str(refused.value)) < 400


def test_the_longest_is_one() -> None:
    text = "spiffe://a/" + "b" * (MAX_BYTES - len("spiffe://a/"))
    assert checked_spiffe_id(text) == text
