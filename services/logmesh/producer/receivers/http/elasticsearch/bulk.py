"""Reads the body of a bulk, and a document that comes alone: what is kept, and item by item what is answered.

Filebeat writes the fields of a document in another order each time that it sends it: a bulk is told by its fields, not by its bytes.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from logmesh.producer.formats.stream import StreamParser
from logmesh.producer.parsed import Parsed
from logmesh.producer.receivers.http.elasticsearch.actions import Action, read_action
from logmesh.producer.receivers.http.elasticsearch.documents import Document, read_document
from logmesh.producer.receivers.http.refusals import TooLarge
from logmesh.producer.receivers.http.texts import read_texts, said_by_both, tell_apart
from logmesh.producer.receivers.limits import MOST_RECORDS
from logmesh.producer.receivers.received import Received, RequestRefused
from logmesh.producer.sources import Chunk
from logmesh.producer.timestamps.clock import Clock
from logmesh.producer.timestamps.zones import UTC_ZONE
from logmesh.record.columns import UNKNOWN_ORIGIN, OriginKey
from logmesh.record.json_text import JsonBeyondBounds, dump_json, load_exact_json

_IDENTIFIER: Final = "elasticsearch.id"


@dataclass(slots=True)
class Bulk(Received):
    """What a bulk brings, and the items of its answer, in order."""

    items: list[bytes] = field(default_factory=list)


def read_bulk(body: bytes, index: str, now_unix_nano: int) -> Bulk:
    """The records of a bulk that was sent to `index`, empty for none. Documents that can't be read are refused one by one; where an
    action can't, RequestRefused is raised.
    """
    clock = Clock(UTC_ZONE, now_unix_nano)
    documents: list[Document] = []
    items: list[bytes] = []
    refused: list[tuple[int, str]] = []
    action_before, done = None, b""
    identity = hashlib.sha256()
    pairs = list(islice(_pairs(body, index), MOST_RECORDS + 1))
    if len(pairs) > MOST_RECORDS:
        raise TooLarge(f"a bulk holds {MOST_RECORDS} documents at most")
    for place, (action, written) in enumerate(pairs):
        if action is not action_before:
            action_before, done = action, action.done()
            identity.update(done)
        fields = action.why_not or _fields(written)
        identity.update(b"%b\n" % (dump_json(fields, sort=True) if isinstance(fields, dict) else written))
        if isinstance(fields, dict):
            documents.append(_document(action, fields, written, clock))
            items.append(done)
        else:
            refused.append((place, fields))
            items.append(action.refused(fields))
    chunk = _chunk(documents, now_unix_nano)
    return Bulk(chunk, tell_apart(chunk.times), refused, identity.digest(), items)


def read_one(body: bytes, index: str, identifier: str, now_unix_nano: int) -> Received:
    """The record of a document that was sent alone. Raises RequestRefused."""
    written = body.strip()
    fields = _fields(written)
    if isinstance(fields, str):
        raise RequestRefused(fields)
    document = _document(Action("create", index, identifier, ""), fields, written, Clock(UTC_ZONE, now_unix_nano))
    chunk = _chunk([document], now_unix_nano)
    return Received(chunk, tell_apart(chunk.times))


def _pairs(body: bytes, index: str) -> Iterator[tuple[Action, bytes]]:
    lines = iter(body.rstrip().split(b"\n"))
    # Most are the same, but where they name an id.
    line_before, action = b"", Action("", "", "", "")
    for line in lines:
        if not line.strip():
            continue
        if line != line_before:
            line_before, action = line, read_action(line, index)
        written = next(lines, None) if action.has_document else b""
        if written is None:
            raise RequestRefused("the last action has no document; each is followed by one, on a line of its own")
        yield action, written


def _fields(written: bytes) -> dict[str, Any] | str:
    """The fields of a document, or why it can't be read."""
    try:
        fields: Any = load_exact_json(written)
    except JsonBeyondBounds as error:
        return f"the document can't be kept: {error}"
    except ValueError:
        return "the document is not JSON"
    return fields if isinstance(fields, dict) else "the document is not an object"


def _document(action: Action, fields: dict[str, Any], written: bytes, clock: Clock) -> Document:
    if action.identifier:
        fields[_IDENTIFIER] = action.identifier
    return read_document(fields, written, action.index, clock)


def _chunk(documents: list[Document], now_unix_nano: int) -> Chunk:
    """The records, in the order of their documents. Those of one origin are read together, for each writes in a way of its own."""
    places: dict[OriginKey, list[int]] = {}
    for place, document in enumerate(documents):
        if document.message:
            places.setdefault(document.origin, []).append(place)
    bodies = [document.body for document in documents]
    said = [Parsed()] * len(documents)
    for of_one in places.values():
        texts, own = read_texts([documents[place].message for place in of_one], StreamParser(UTC_ZONE), now_unix_nano)
        for place, text, parsed in zip(of_one, texts, own, strict=True):
            bodies[place], said[place] = bodies[place] or text, parsed
    said = [said_by_both(document.outer, parsed) for document, parsed in zip(documents, said, strict=True)]
    chunk = Chunk()
    chunk.extend(bodies, said, UNKNOWN_ORIGIN)
    chunk.origins = [document.origin for document in documents]
    return chunk
