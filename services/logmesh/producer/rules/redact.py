"""Replaces secrets in bodies, in the values of attributes and, where it is wanted, of the resource."""

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, TypeVar

from logmesh.producer.attributes import without_largest
from logmesh.producer.rules.actions import Done, changed
from logmesh.producer.rules.patterns import Pattern
from logmesh.producer.rules.prescan import JSON_BEGINS, Prescan
from logmesh.producer.rules.view import View
from logmesh.record.columns import OriginKey
from logmesh.record.json_text import load_json
from logmesh.record.limits import MAX_ATTRIBUTES_BYTES

T = TypeVar("T")

_ORIGINS_KEPT: Final = 1_024
# A string, and whether it is a member's name; or a number.
_STRING_OR_NUMBER: Final = re.compile(rb'"((?:[^"\\]|\\.)*+)"(\s*+:)?|-?\d[\d.eE+-]*+', re.DOTALL)


class Redact:
    """A secret becomes `[redacted:card]`, with the name of its pattern. All bytes around it stay, and JSON stays JSON."""

    def __init__(self, patterns: Sequence[Pattern], *, resource: bool = False) -> None:
        """`resource`: whether attributes of the resource are looked through as well."""
        self._patterns = patterns
        self._prescan = Prescan(patterns)
        self._resource = resource
        self._origin = lru_cache(maxsize=_ORIGINS_KEPT)(self._redacted_origin)

    def __call__(self, view: View, places: list[int]) -> Done:
        """See `Action`."""
        chunk = view.chunk
        columns: dict[str, list[Any]] = {}
        touched: set[int] = set()
        bodies, attributes = self._texts(chunk.bodies, chunk.attributes, places)
        for name, column, found in (("bodies", chunk.bodies, bodies), ("attributes", chunk.attributes, attributes)):
            if found:
                columns[name] = _with(column, found)
                touched |= found.keys()
        if self._resource:
            new = {key: self._origin(origin) for key, origin in view.origins.items()}
            if hit := [place for place in places if new[id(chunk.origins[place])] != chunk.origins[place]]:
                columns["origins"] = _with(chunk.origins, {place: new[id(chunk.origins[place])] for place in hit})
                touched |= set(hit)
        return changed(chunk, "redacted", sorted(touched), columns)

    def _texts(
        self, bodies: list[bytes], attributes: list[bytes], places: list[int]
    ) -> tuple[dict[int, bytes], dict[int, bytes]]:
        """What bodies and attributes become, by their places; those alone that change."""
        texts = [column[place] for column in (bodies, attributes) for place in places]
        found: tuple[dict[int, bytes], dict[int, bytes]] = {}, {}
        for at, which in self._prescan.candidates(texts).items():
            new = redact(texts[at], [self._patterns[pattern] for pattern in which])
            if new != texts[at]:
                column, place = divmod(at, len(places))
                found[column][places[place]] = new
        return found

    def _redacted_origin(self, origin: OriginKey) -> OriginKey:
        new = redact(origin.resource_attributes, self._patterns)
        return origin._replace(resource_attributes=new if len(new) <= MAX_ATTRIBUTES_BYTES else without_largest(new))


def redact(text: bytes, patterns: Sequence[Pattern]) -> bytes:
    """The text with what the patterns find replaced; JSON stays JSON."""
    if not text.startswith(JSON_BEGINS):
        return redact_text(text, patterns)
    if b"\\" not in text:  # a part of it has only what the whole has
        patterns = [pattern for pattern in patterns if pattern.is_anchored or pattern.finds(text)]
        if not patterns:
            return text
    return redact_json(text, patterns) if _is_json(text) else redact_text(text, patterns)


def redact_text(text: bytes, patterns: Sequence[Pattern]) -> bytes:
    """The text with what the patterns find replaced."""
    for pattern in patterns:
        parts: list[bytes] = []
        done = 0
        for begin, end in pattern.spans(text):
            parts += (text[done:begin], b"[redacted:%b]" % pattern.name.encode())
            done = end
        if parts:
            text = b"".join((*parts, text[done:]))
    return text


def redact_json(text: bytes, patterns: Sequence[Pattern]) -> bytes:
    """A JSON text with what the patterns find in its strings and numbers replaced; members keep their names.

    A number that has something becomes a string. Texts are looked at without their escapes.
    """

    def replaced(match: "re.Match[bytes]") -> bytes:
        token, inner, name = match[0], match[1], match[2]
        if name is not None:
            return token
        if inner is None:
            new = redact_text(token, patterns)
            return token if new == token else b'"%b"' % new
        if b"\\" not in inner:
            return b'"%b"' % redact_text(inner, patterns)
        return _escaped(token, patterns)

    return _STRING_OR_NUMBER.sub(replaced, text)


def _escaped(token: bytes, patterns: Sequence[Pattern]) -> bytes:
    """The same of a string with escapes, its quotes included. Of those, what has a secret keeps the ones that JSON has to have."""
    raw = json.loads(token.decode(), strict=False).encode("utf-8", "surrogatepass")
    new = redact_text(raw, patterns)
    if new == raw:
        return token
    # Half a surrogate pair has no bytes in UTF-8, and is written as the escape that it was.
    return json.dumps(new.decode("utf-8", "surrogatepass"), ensure_ascii=False).encode("utf-8", "backslashreplace")


def _is_json(text: bytes) -> bool:
    try:
        load_json(text)
    except ValueError:
        return False
    return True


def _with(column: "list[T]", new: "dict[int, T]") -> "list[T]":
    """The column with other values in some places."""
    changed_column = list(column)
    for place, value in new.items():
        changed_column[place] = value
    return changed_column
