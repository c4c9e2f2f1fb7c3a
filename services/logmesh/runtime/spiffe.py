"""SPIFFE IDs, checked as their specification has them. They are compared whole: a part of one says nothing. Pure."""

import re
from typing import Final

MAX_BYTES: Final = 2_048
MAX_TRUST_DOMAIN_BYTES: Final = 255
_SCHEME: Final = "spiffe://"
_TRUST_DOMAIN: Final = re.compile(r"[a-z0-9._-]+")
_SEGMENT: Final = re.compile(r"[A-Za-z0-9._-]+")


class NotASpiffeId(ValueError):
    """The text is none; the message says why, and repeats no more of it than a line has room for."""


def checked_spiffe_id(text: str) -> str:
    """Return `text`, the ID of a workload, such as spiffe://cluster.local/ns/log-system/sa/gateway. Raises NotASpiffeId.

    One without a path is an authority's and no workload's. There is one spelling of each ID, so equal texts are equal IDs: no port,
    user, query, fragment, percent-encoding, capitals in the trust domain, empty or dot segments, nor a slash at the end.
    """
    if len(text) > MAX_BYTES:
        raise NotASpiffeId(f"a SPIFFE ID has at most {MAX_BYTES} bytes, and {text[:40]!r}… has more")
    if not text.startswith(_SCHEME):
        raise NotASpiffeId(f"{_shown(text)} does not begin with {_SCHEME}")
    trust_domain, *segments = text.removeprefix(_SCHEME).split("/")
    if not _TRUST_DOMAIN.fullmatch(trust_domain) or len(trust_domain) > MAX_TRUST_DOMAIN_BYTES:
        raise NotASpiffeId(f"{_shown(text)} has no sound trust domain: a-z, 0-9, and . - _")
    if not segments:
        raise NotASpiffeId(f"{_shown(text)} names no workload: it has no path")
    if not all(_SEGMENT.fullmatch(segment) and segment not in (".", "..") for segment in segments):
        raise NotASpiffeId(f"{_shown(text)} has a part that is empty, dots, or not of letters, digits, and . - _")
    return text


def _shown(text: str) -> str:
    return repr(text) if len(text) <= 200 else f"{text[:200]!r}…"
