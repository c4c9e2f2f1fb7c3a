"""Labels as a stream's text says them."""

import pytest

from logmesh.producer.receivers.http.loki.streams import parse_labels
from logmesh.producer.receivers.received import RequestRefused


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        (b"{}", ()),
        (b'{app="shop"}', (("app", "shop"),)),
        (b' { b = "2" ,a="1", } ', (("a", "1"), ("b", "2"))),
        (rb'{a="q\"u\\o\n\t\u00e9\x41\101"}', (("a", 'q"u\\o\n\té\x41A'),)),
        (b'{a=`raw\\n "x"`}', (("a", 'raw\\n "x"'),)),
        (rb'{a="\ud800\U00110000"}', (("a", "\ufffd\ufffd"),)),
        ('{a="größer, }"}'.encode(), (("a", "größer, }"),)),
    ],
)
def test_labels_are_read(text: bytes, labels: tuple[tuple[str, str], ...]) -> None:
    assert parse_labels(text) == labels


@pytest.mark.parametrize(
    "text", [b"", b"app", b"{app}", b'{app="x"', b'{app="x" b="y"}', b"{=1}", b'{a="' + b"x" * 17_000 + b'"}']
)
def test_what_is_none_is_refused(text: bytes) -> None:
    with pytest.raises(RequestRefused, match="labels"):
        parse_labels(text)
