"""Attributes of OTLP, from serialised KeyValues to the text of JSON objects. Few of them see a parser.

Most come again and again, and are found by their bytes. Of others with a short text, all that stands before the text is found, which
says the name and both lengths at once; what is behind it is the text.
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from logmesh.producer.receivers.otlp.messages import KeyValue
from logmesh.producer.receivers.otlp.values import json_of
from logmesh.record.json_text import dump_json

_FIRST: Final = 0x0A  # field 1: a KeyValue's key, and the text of an AnyValue
_SECOND: Final = 0x12  # field 2: a KeyValue's value
_INT: Final = 0x18  # field 3 of an AnyValue
_SHORT_INT: Final = 4  # bytes of seven bits
_SHORT: Final = 0x80  # lengths below it are one byte
_AROUND_NAME: Final = 6
"""Bytes before a short text that are not the name: the tags and lengths of the name, of the value, and of the value's text."""
_REMEMBERED: Final = 20_000
_LONGEST_REMEMBERED: Final = 256
_CHANGING: Final = 2_000
"""A name with more values than that among those that are remembered has ever new ones, such as an id."""
_MOST_CHANGING: Final = 1_000
NO_NAME: Final = b"\x0a\0"
"""The same KeyValue as no bytes."""
_BETWEEN: Final = b""
"""Stands between the attributes of two records."""
_END: Final = b"}\0"
"""Of an object; JSON does not have the byte 0."""
_needs_care: Final = re.compile(rb"[^ !#-\[\]-~]").search
"""Finds what JSON escapes, and what may be no UTF-8."""


class _Names(dict[bytes, bytes]):
    """By name what stands before a member's value in JSON: ``,"name":``."""

    def __missing__(self, name: bytes) -> bytes:
        text = b"," + dump_json(name.decode("utf-8", "replace")) + b":"
        if len(name) <= _LONGEST_REMEMBERED:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[name] = text
        return text


class _Head(NamedTuple):
    """What a KeyValue's bytes up to its text say."""

    size: int
    """Of the whole KeyValue."""
    json: bytes
    """What stands before the text in JSON: ``,"name":"``."""
    is_remembered: bool
    """Whether members of this name are remembered."""


class Members(dict[bytes, bytes]):
    """By a serialised KeyValue the member of a JSON object that it is, behind a comma: ``,"name":value``. By no bytes the end of an
    object. Raises DecodeError for bytes that are no KeyValue."""

    def __init__(self) -> None:
        super().__init__({_BETWEEN: _END})
        self._names = _Names()
        self._heads: dict[bytes, _Head] = {}
        self._changing: set[bytes] = set()

    def __missing__(self, raw: bytes) -> bytes:
        if raw == _BETWEEN:  # another thread is forgetting all
            return _END
        begin = raw[1] + _AROUND_NAME if len(raw) > 1 else _AROUND_NAME
        known = self._heads.get(raw[:begin]) or self._learn(raw, begin)
        if known is not None:
            size, json, is_remembered = known
            text = raw[begin:]
            if size == len(raw) and (text.isalnum() or not _needs_care(text)):
                member = json + text + b'"'
                return self._remember(raw, member) if is_remembered else member
        name = raw[2 : begin - 4]
        if (number := _short_int(raw, begin - 4)) is None:
            attribute = KeyValue.FromString(raw)
            member = self._names[attribute.key] + dump_json(json_of(attribute.value))
        else:
            member = self._names[name] + b"%d" % number
        return member if name in self._changing or len(raw) > _LONGEST_REMEMBERED else self._remember(raw, member)

    def of_all(self, raws: Sequence[bytes]) -> list[bytes]:
        """The member of each; raws of one name are best. Where the first one's has ever new values, none is looked up, and most are
        made here without another call."""
        if not raws or _name_of(raws[0]) not in self._changing:
            return list(map(self.__getitem__, raws))
        head_of, members = self._heads.get, []
        for raw in raws:
            begin = raw[1] + _AROUND_NAME if len(raw) > 1 else _AROUND_NAME
            known = head_of(raw[:begin])
            if known is not None and known[0] == len(raw) and (text := raw[begin:]).isalnum():
                members.append(known[1] + text + b'"')
            else:
                members.append(self[raw])
        return members

    def _learn(self, raw: bytes, begin: int) -> _Head | None:
        """Its head, where it is a short name with a short text that begins there, and nothing else."""
        head, size = raw[:begin], len(raw)
        text = size - begin
        if not 0 <= text < size < _SHORT or head[0] != _FIRST or head[-4:] != bytes((_SECOND, text + 2, _FIRST, text)):
            return None
        name = head[2:-4]
        if len(self._heads) >= _REMEMBERED:
            self._heads.clear()
        known = self._heads[head] = _Head(size, self._names[name] + b'"', name not in self._changing)
        return known

    def _remember(self, raw: bytes, member: bytes) -> bytes:
        if len(self) < _REMEMBERED:
            self[raw] = member
        else:
            self._forget()
        return member

    def _forget(self) -> None:
        """Forget all, and note which names had ever new values: each would take the place of what comes again."""
        remembered = tuple(self)  # at once: another thread may read a request meanwhile
        values = Counter(map(_name_of, remembered))
        if len(self._changing) >= _MOST_CHANGING:
            self._changing.clear()
        self._changing.update(name for name, count in values.items() if count > _CHANGING)
        self.clear()
        self[_BETWEEN] = _END
        self._heads.clear()  # they say of names whether they are remembered


def _name_of(raw: bytes) -> bytes:
    """Of a KeyValue, where it is a short one."""
    return raw[2 : 2 + raw[1]] if len(raw) > 1 else b""


def _short_int(raw: bytes, begin: int) -> int | None:
    """The number of a KeyValue with a short name whose value begins there, where it is one from 0 to 2^28 - 1; None for any other."""
    size, digits = len(raw), raw[begin + 3 :]
    if not 1 <= len(digits) <= _SHORT_INT or raw[0] != _FIRST or raw[1] >= _SHORT or digits[-1] >= _SHORT:
        return None
    if raw[begin : begin + 3] != bytes((_SECOND, size - begin - 2, _INT)):
        return None
    number = shift = 0
    for byte in digits[:-1]:
        if byte < _SHORT:
            return None
        number |= (byte - _SHORT) << shift
        shift += 7
    return number | digits[-1] << shift


members: Final = Members()
"""Of all requests."""


def attribute_texts(attributes: Sequence[bytes]) -> list[bytes]:
    """By record the JSON object of its serialised KeyValues, no bytes for none; `attributes` are those of all records, with no bytes
    between any two records. Raises DecodeError."""
    joined = [b""] * len(attributes)
    # Most often all records have as many, in one order: then these are of one name.
    width = (len(attributes) + 1) // (attributes.count(_BETWEEN) + 1)
    for at in range(width):
        joined[at::width] = members.of_all(attributes[at::width])
    texts = (b"\0" + b"".join(joined) + b"}").replace(b"\0,", b"\0{").split(b"\0")[1:]
    return [b"" if text == b"}" else text for text in texts] if b"}" in texts else texts


def attribute_counts(attributes: Sequence[bytes]) -> list[int]:
    """By record how many attributes it has, of the same."""
    records = attributes.count(_BETWEEN) + 1
    width = (len(attributes) + 1) // records
    if width * records == len(attributes) + 1 and attributes[width - 1 :: width].count(_BETWEEN) == records - 1:
        return [width - 1] * records
    ends = [at for at, attribute in enumerate(attributes) if attribute == _BETWEEN]
    return [end - begin - 1 for begin, end in pairwise((-1, *ends, len(attributes)))]
