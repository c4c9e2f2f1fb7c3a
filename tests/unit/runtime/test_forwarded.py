"""The sidecar's header: its own element is found whatever was before it, and from elsewhere it is no word of the sidecar's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmesh.runtime.forwarded import Unreadable, is_sidecar, nearest_element

# On a busy machine an example takes long, which is not what is looked at.
OWN = (
    'By=spiffe://cluster.local/ns/log-system/sa/log-processor;Hash=ab12;Subject="CN=a \\"b\\", O=c;d"'
    ";URI=spiffe://cluster.local/ns/log-system/sa/log-producer;DNS=a.example;DNS=b.example"
)
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
ELEMENTS = st.lists(
    st.tuples(st.sampled_from(["By", "Hash", "Cert", "Chain", "Subject", "URI", "DNS"]), VALUES), min_size=1
)


def _written(element: list[tuple[str, str]]) -> str:
    """As Envoy writes it."""
    pairs = []
    for key, value in element:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        pairs.append(f'{key}="{escaped}"' if set(value) & set(',;="\\') else f"{key}={value}")
    return ";".join(pairs)


def test_the_last_element_counts() -> None:
    element = nearest_element(f'URI=spiffe://a/b;Subject="x,y",URI=spiffe://c/d,{OWN}')
    assert element["uri"] == ["spiffe://cluster.local/ns/log-system/sa/log-producer"]
    assert element["subject"] == ['CN=a "b", O=c;d']
    assert element["dns"] == ["a.example", "b.example"]


@given(st.lists(ELEMENTS, max_size=3), ELEMENTS)
def test_whatever_came_before_the_last_element_is_read_back(
    earlier: list[list[tuple[str, str]]], own: list[tuple[str, str]]
) -> None:
    expected: dict[str, list[str]] = {}
    for key, value in own:
        expected.setdefault(key.lower(), []).append(value)
    assert nearest_element(",".join(map(_written, [*earlier, own]))) == expected


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80))
def test_nothing_that_a_client_sends_first_changes_what_the_sidecar_says_after_it(sent: str) -> None:
    """A quote that the client leaves open swallows the sidecar's element; then there is none at all."""
    try:
        element = nearest_element(f"{sent},{OWN}")
    except Unreadable:
        return
    assert element == nearest_element(OWN)


@pytest.mark.parametrize(
    "header",
    ["", ",", "URI", "URI=a,", "URI=a;", '"URI=a', 'URI="a', 'URI="a"b', "URI=a;;By=b", 'URI=a"b', "=a", "U RI=a"],
)
def test_what_is_not_of_the_form_is_refused(header: str) -> None:
    with pytest.raises(Unreadable):
        nearest_element(header)


@pytest.mark.parametrize(
    ("peer", "believed"),
    [
        ("ipv4:127.0.0.6:41000", True),
        ("ipv6:%5B::6%5D:41000", True),
        ("ipv6:[::6]:41000", True),
        ("ipv6:%5B::ffff:127.0.0.6%5D:41000", True),
        ("ipv4:127.0.0.1:41000", False),  # a port-forward
        ("ipv6:%5B::1%5D:41000", False),
        ("ipv4:10.1.2.6:41000", False),
        ("ipv4:127.0.0.60:41000", False),
        ("ipv6:%5Bfd00::6%5D:41000", False),
        ("unix:127.0.0.6:1", False),
        ("ipv4:", False),
        ("", False),
    ],
)
def test_a_sidecar_is_known_by_its_address(peer: str, believed: bool) -> None:
    assert is_sidecar(peer) is believed
