"""The header `Authorization` as senders write it, and as nobody should."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmesh.producer.receivers.credentials import Unauthenticated, secret_in

# One that was made once: a new one would give tests other names in each process.
SECRET = "lm_0123456789abcdef_30IsvzU1ZYZcC3ae8ePxNcOlAPgC6tPwDKyDBmrsGP5190Cpa"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "authorization",
    [
        f"Bearer {SECRET}",
        f"bearer  {SECRET} ",
        f"BEARER {SECRET}",
        f"Basic {encoded(f'anybody:{SECRET}')}",
        f"basic {encoded(f':{SECRET}')}",
        f"ApiKey {encoded(f'0123456789abcdef:{SECRET}')}",
        f"ApiKey {SECRET}",
    ],
)
def test_a_token_is_found_where_senders_put_it(authorization: str) -> None:
    assert secret_in(authorization) == SECRET


@pytest.mark.parametrize(
    ("authorization", "reason"),
    [
        ("", "no_token"),
        ("  ", "no_token"),
        ("Bearer", "malformed"),
        (f"Splunk {SECRET}", "malformed"),
        (SECRET, "malformed"),
        ("Basic", "malformed"),
        ("Basic !!!", "malformed"),
        (f"Basic {encoded('no colon')}", "malformed"),
        (f"Basic {encoded('user:pässword')}", "malformed"),
        (f"Basic {encoded('a:' + 'x' * 20_000)}", "malformed"),
        ("ApiKey", "malformed"),
        ("Bearer tök_en", "malformed"),
    ],
)
def test_what_is_no_token_says_what_is_wanted_and_repeats_nothing(authorization: str, reason: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        secret_in(authorization)
    assert refused.value.reason == reason
    assert SECRET not in str(refused.value)
    assert refused.value.__cause__ is None


@given(
    st.text() | st.sampled_from(["Basic ", "Bearer ", "ApiKey "]).flatmap(lambda scheme: st.text().map(scheme.__add__))
)
def test_any_header_is_read_or_refused(authorization: str) -> None:
    try:
        secret = secret_in(authorization)
    except Unauthenticated:
        return
    assert secret.isascii() and secret


@given(st.text(st.characters(max_codepoint=127), min_size=1), st.text().filter(lambda user: ":" not in user))
def test_a_password_comes_back_as_it_is(password: str, user: str) -> None:
    assert secret_in(f"Basic {encoded(f'{user}:{password}')}") == password
