"""One record as the slow, strict path sees it: checked by itself, mended where that keeps every byte, else refused with a reason."""

import base64

import orjson

from logmesh.record.limits import MAX_ATTRIBUTES, MAX_ATTRIBUTES_BYTES, MAX_BODY_BYTES

RAW_BODY_KEY = "logmesh.body_base64"


class EntryRefused(Exception):
    """The record becomes a dead letter; the message is the reason, short and from a small set, so that it can be counted."""


def check_body(body: bytes, attributes: bytes) -> tuple[bytes, bytes]:
    """Return body and attributes that the database takes.

    A body that is not UTF-8, or has a NUL, is stored with those bytes written ``\\xNN``, and as it came, in base64, in
    the attribute ``logmesh.body_base64``: it can be searched, and no byte is lost. Raises EntryRefused.
    """
    if len(body) > MAX_BODY_BYTES:
        raise EntryRefused("body over 256 KiB")
    attributes = _check_attributes(attributes)
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = body.decode("utf-8", "backslashreplace")
    else:
        if "\0" not in text:
            return body, attributes
    fields = orjson.loads(attributes) if attributes else {}
    fields[RAW_BODY_KEY] = base64.b64encode(body).decode()
    return text.replace("\0", "\\x00").encode(), orjson.dumps(fields)


def _check_attributes(text: bytes) -> bytes:
    """Return the JSON text, or an empty one. Raises EntryRefused for what is not an object of sensible size."""
    if not text:
        return text
    if len(text) > MAX_ATTRIBUTES_BYTES:
        raise EntryRefused("attributes over 64 KiB")
    try:
        fields = orjson.loads(text)
        if not isinstance(fields, dict):
            raise EntryRefused("attributes are not a JSON object")
        if len(fields) > MAX_ATTRIBUTES:
            raise EntryRefused("more than 128 attributes")
        again = orjson.dumps(fields)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError, RecursionError) as error:
        raise EntryRefused("attributes are not valid JSON") from error
    if b"\\u0000" in again and _has_nul(fields):
        raise EntryRefused("NUL in attributes")
    # Written again: numbers that only PostgreSQL would choke on have been read as what they can be.
    return again


def _has_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in key or _has_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(map(_has_nul, value))
