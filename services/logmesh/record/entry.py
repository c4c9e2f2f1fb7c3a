"""One record as the slow, strict path sees it: checked by itself, mended where that keeps every byte, else refused with a reason."""

import base64
import re
from collections.abc import Iterable
from typing import Any, Final

from logmesh.record.json_text import JsonBeyondBounds, check_exponents, dump_json, load_exact_json
from logmesh.record.limits import MAX_ATTRIBUTES, MAX_ATTRIBUTES_BYTES, MAX_BODY_BYTES
from logmesh.record.storable import MAX_JSON_DEPTH, is_storable

RAW_BODY_KEY: Final = "logmesh.body_base64"
ATTRIBUTES_TEXT_KEY: Final = "logmesh.attributes_text"

_SHAPE: Final = bytes.maketrans(b"123456789E}] \t\r\n", b"000000000e,,,,,,")
_LONG_EXPONENT: Final = re.compile(rb"0e(?:\+?0|-00)00*,")
"""In a shape, in which the literal that it begins with is found at a fourth of the cost."""
_TEXT_ALONE: Final = dump_json({ATTRIBUTES_TEXT_KEY: ""})[:-2]


class EntryRefused(Exception):
    """The record becomes a dead letter; the message is the reason, short and from a small set, so that it can be counted."""


def check_body(body: bytes, attributes: bytes) -> tuple[bytes, bytes]:
    """Return body and attributes that the database takes.

    A body that is not UTF-8, or has a NUL, is stored with those bytes written ``\\xNN``, and as it came, in base64, in
    the attribute ``logmesh.body_base64``: it can be searched, and no byte is lost. Attributes that are JSON and that
    no database takes (a NUL, half a surrogate pair, nesting or numbers beyond all bounds) are stored as their text, in the
    attribute ``logmesh.attributes_text``. Raises EntryRefused.
    """
    if len(body) > MAX_BODY_BYTES:
        raise EntryRefused("body over 256 KiB")
    attributes, fields = _check_attributes(attributes)
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = body.decode("utf-8", "backslashreplace")
    else:
        if "\0" not in text:
            return body, attributes
    fields[RAW_BODY_KEY] = base64.b64encode(body).decode()
    return text.replace("\0", "\\x00").encode(), dump_json(fields)


def stored_object(text: bytes) -> str:
    """A JSON object that the database takes; what is not JSON is kept as text in one field."""
    try:
        return check_body(b"", text)[1].decode() or "{}"
    except EntryRefused:
        return dump_json({"logmesh.invalid": clean_text(text, 1_000).decode()}).decode()


def clean_text(text: bytes, limit: int) -> bytes:
    """Valid UTF-8 without NUL, cut at `limit` bytes."""
    return text[:limit].decode("utf-8", "ignore").replace("\0", "").encode()


def count_texts(attributes: Iterable[bytes]) -> int:
    """How many of `check_body`'s attributes are kept as their text."""
    return sum(text.startswith(_TEXT_ALONE) for text in attributes)


def is_deep(text: bytes) -> bool:
    """Whether JSON may be nested deeper than `MAX_JSON_DEPTH`: it is long enough, and has as many brackets."""
    return len(text) > 2 * MAX_JSON_DEPTH and text.count(b"{") + text.count(b"[") > MAX_JSON_DEPTH


def has_long_exponent(texts: bytes) -> bool:
    """Whether a number in texts of JSON may be much longer once it is written out. All of a batch are looked at as one."""
    return _LONG_EXPONENT.search(texts.translate(_SHAPE)) is not None


def _check_attributes(text: bytes) -> tuple[bytes, dict[str, Any]]:
    """Return the JSON text, or an empty one, and its value. Raises EntryRefused for what is not an object of sensible size."""
    if not text:
        return text, {}
    if len(text) > MAX_ATTRIBUTES_BYTES:
        raise EntryRefused("attributes over 64 KiB")
    try:
        check_exponents(text)
        fields = load_exact_json(text)
    except JsonBeyondBounds:
        return _as_text(text)
    except ValueError as error:
        raise EntryRefused("attributes are not valid JSON") from error
    if not isinstance(fields, dict):
        raise EntryRefused("attributes are not a JSON object")
    if len(fields) > MAX_ATTRIBUTES:
        raise EntryRefused("more than 128 attributes")
    if (b"\\u" in text or is_deep(text)) and not is_storable(fields):
        return _as_text(text)
    return text, fields


def _as_text(text: bytes) -> tuple[bytes, dict[str, Any]]:
    fields = {ATTRIBUTES_TEXT_KEY: text.decode("utf-8", "backslashreplace").replace("\0", "\\u0000")}
    return dump_json(fields), fields
