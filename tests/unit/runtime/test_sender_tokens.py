"""Secrets of tokens: found by a scanner's pattern, told from what is mistyped, and kept as digests."""

import hashlib
import re

from hypothesis import given
from hypothesis import strategies as st

from logmesh.runtime.sender_tokens import digest_of, is_id, is_secret, new_id, new_secret

SCANNED = re.compile(r"\blm_[0-9a-f]{16}_[0-9A-Za-z]{49}\b")
"""What a scanner for leaked secrets is told to look for."""


def test_a_new_secret_has_its_id_and_the_form_that_scanners_look_for() -> None:
    token_id = new_id()
    secret = new_secret(token_id)
    assert is_id(token_id) and is_secret(secret)
    (found,) = SCANNED.findall(f'export LOGS="{secret}" # of production')
    assert found == secret
    assert secret.split("_")[1] == token_id
    assert digest_of(secret) == hashlib.sha256(secret.encode("ascii")).digest()


def test_no_two_secrets_or_ids_are_equal() -> None:
    token_id = new_id()
    assert len({new_secret(token_id) for _ in range(1_000)}) == 1_000
    assert len({new_id() for _ in range(1_000)}) == 1_000


@given(st.data())
def test_what_was_mistyped_is_no_secret(data: st.DataObject) -> None:
    secret = new_secret("0123456789abcdef")
    at = data.draw(st.integers(0, len(secret) - 1))
    other = data.draw(st.characters().filter(lambda one: one != secret[at]))
    assert not is_secret(secret[:at] + other + secret[at + 1 :])
    assert not is_secret(secret[:at])
    assert not is_secret(secret + other)


@given(st.text())
def test_any_text_is_judged_without_an_error(text: str) -> None:
    assert not is_secret(text)
    assert not is_secret(f"lm_{text}")
