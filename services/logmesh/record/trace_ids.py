"""Reads ids of traces and spans as tracers write them and as people find them: hex, UUID, decimal, and the headers that carry both."""

import re
from typing import Final

_SHAPES: Final = tuple(
    re.compile(shape, re.IGNORECASE)
    for shape in (
        # W3C's traceparent, B3 in one header, Sentry's.
        r"(?:[\da-f]{2}-)?(?P<trace>[\da-f]{32}|[\da-f]{16})-(?P<span>[\da-f]{16})(?:-[\da-f]{1,2}(?:-.*)?)?",
        # Jaeger's, which writes no leading zeros.
        r"(?P<trace>[\da-f]{1,32})(?::|%3[aA])(?P<span>[\da-f]{1,16})(?::|%3[aA])[\da-f]{1,16}(?::|%3[aA])[\da-f]{1,2}",
        # X-Ray's.
        r"(?:Self=[^;]*;)?(?:Root=)?1-(?P<trace>[\da-f]{8}-[\da-f]{24})(?:;Parent=(?P<span>[\da-f]{16}))?(?:;.*)?",
        # Google Cloud's, as a field and as a header.
        r"projects/[^/]+/traces/(?P<trace>[\da-f]{32})",
        r"(?P<trace>[\da-f]{32})/(?P<decimal>\d{1,20})(?:;.*)?",
    )
)

_ALONE: Final = re.compile(r"(?:0x)?([\da-f]{32})|([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})", re.IGNORECASE)


def read_trace_id(text: str) -> bytes | None:
    """The 16 bytes of the trace id that somebody gives, alone or within the header that carried it; None for anything else."""
    text = text.strip()
    if found := _ALONE.fullmatch(text):
        return bytes.fromhex((found[1] or found[2]).replace("-", ""))
    return ids_of_header(text)[0] or None


def trace_id(text: str, decimal: bool = False) -> bytes:
    """The 16 bytes of an id in hex, with or without dashes, of 128 bits or of 64, or in digits; none for anything else.

    `decimal` says that digits are a number, as Datadog writes it, however many there are.
    """
    return _identifier(text, 16, decimal)


def span_id(text: str, decimal: bool = False) -> bytes:
    """The 8 bytes of an id in hex, or in digits; see `trace_id`."""
    return _identifier(text, 8, decimal)


def ids_of_header(text: str) -> tuple[bytes, bytes]:
    """Trace and span of a value that carries both in a tracer's own shape; none for anything else."""
    for shape in _SHAPES:
        if found := shape.fullmatch(text):
            parts = found.groupdict("")
            span = parts.get("span", "")
            decimal = parts.get("decimal", "")
            return (
                _bytes(parts["trace"].replace("-", ""), 16),
                span_id(decimal, decimal=True) if decimal else _bytes(span, 8) if span else b"",
            )
    return b"", b""


def _identifier(text: str, width: int, decimal: bool) -> bytes:
    length = len(text)
    if length == 2 * width and not (decimal and length == 16):
        return _bytes(text, width)
    if length > 36:
        return b""
    if text.isdigit() and text.isascii() and (decimal or 16 < length <= 20):
        # 64 bits in decimal take up to 20 digits; in hex they would be 16.
        number = int(text)
        return number.to_bytes(width) if 0 < number < 1 << 64 else b""
    if length == 36:
        text = text.replace("-", "")
    return _bytes(text, width) if len(text) in (16, 2 * width) else b""


def _bytes(digits: str, width: int) -> bytes:
    try:
        identifier = bytes.fromhex(digits if len(digits) == 2 * width else digits.zfill(2 * width))
    except ValueError:
        return b""
    # Spaces are let pass there, and make it shorter.
    return identifier if len(identifier) == width and identifier.strip(b"\0") else b""
