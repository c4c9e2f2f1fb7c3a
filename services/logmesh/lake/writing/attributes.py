"""Attributes in their one form: JSON objects that are written the same whenever they mean the same, each key once, numbers by the
rules of `record/values`.

Most loggers' are in the form already. Texts of the shape of many others are known by it (`shapes`). Of what is left many are read and
written again at once: where that gives the same bytes, all of them are in the form; it costs less than any look at each.
"""

from collections.abc import Container, Sequence
from secrets import token_hex
from typing import NamedTuple

import orjson

from logmesh.lake.writing.shapes import without_known
from logmesh.record.entry import EntryRefused, check_body, has_long_exponent, is_deep
from logmesh.record.json_text import dump_json, load_exact_json
from logmesh.record.limits import MAX_ATTRIBUTES, MAX_ATTRIBUTES_BYTES
from logmesh.record.origin_texts import OriginTexts, origin_texts
from logmesh.v1.record_pb2 import Origin

_AT_ONCE = 256
"""Texts. More of them fall out of the processor's cache between reading and writing."""
_LEAST_BYTES_PER_ATTRIBUTE = 5  # `"":0,`


class Formed(NamedTuple):
    """`texts` in the one form; why one is refused, by place; places of those that were looked at one by one."""

    texts: list[bytes]
    refused: dict[int, str]
    looked_at: list[int]


def one_form(texts: Sequence[bytes], checked: Container[int] = ()) -> Formed:
    """Bring texts into the one form; an empty text means no attributes, and stays.

    What the rows' store keeps as text (`check_body`) is kept as text here, too. Places in `checked` were through that, which may have
    made a text longer than one may be that comes.
    """
    formed = Formed(list(texts), {}, [])
    if b"" in formed.texts:
        there = [at for at, text in enumerate(texts) if text]
        places: Sequence[int] = [there[at] for at in without_known([formed.texts[at] for at in there])]
    else:
        places = without_known(formed.texts)
    for begin in range(0, len(places), _AT_ONCE):
        part = places[begin : begin + _AT_ONCE]
        if _are_formed([formed.texts[at] for at in part]):
            continue
        formed.looked_at.extend(part)
        for at in part:
            try:
                text = formed.texts[at] if at in checked else check_body(b"", formed.texts[at])[1]
            except EntryRefused as error:
                formed.refused[at] = str(error)
            else:
                formed.texts[at] = dump_json(load_exact_json(text))
    return formed


def formed_origin(origin: Origin) -> OriginTexts:
    """An origin's texts, its JSON in the one form."""
    texts = origin_texts(origin)
    return texts._replace(resource=dump_json(load_exact_json(texts.resource.encode())).decode())


def _are_formed(texts: list[bytes]) -> bool:
    # Nobody can know the separator, so two halves of nonsense never join into sense.
    separator = token_hex(8)
    joined = b"[" + f',"{separator}",'.encode().join(texts) + b"]"
    try:
        values = orjson.loads(joined)
        if orjson.dumps(values) != joined:
            return False
    except (ValueError, TypeError):  # not JSON; nested deeper than what orjson writes
        return False
    objects = values[::2]
    return (
        len(objects) == len(texts)
        and values.count(separator) == len(texts) - 1
        and set(map(type, objects)) == {dict}
        # One byte is found at a tenth of the cost of two.
        and (b"+" not in joined or b"e+" not in joined)  # a whole number that is written as a double
        and (b"\\" not in joined or b"\\u0000" not in joined)
        and (b"e-" not in joined or not has_long_exponent(joined))
        and (max(map(len, texts)) <= MAX_ATTRIBUTES * _LEAST_BYTES_PER_ATTRIBUTE or not _any_is_large(texts, objects))
    )


def _any_is_large(texts: list[bytes], objects: list[dict[str, object]]) -> bool:
    return (
        max(map(len, texts)) > MAX_ATTRIBUTES_BYTES
        or max(map(len, objects)) > MAX_ATTRIBUTES
        or any(map(is_deep, texts))
    )
