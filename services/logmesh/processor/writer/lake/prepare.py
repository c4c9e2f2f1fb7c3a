"""Batches sorted into what the lake stores of them and dead letters, whole columns of many batches at once."""

from collections.abc import Container, Sequence
from functools import lru_cache
from itertools import chain

import numpy as np

from logmesh.lake.writing.attributes import formed_origin, one_form
from logmesh.lake.writing.columns import Checked
from logmesh.processor.entries import MAX_SEVERITY, Refused, bodies_are_plain, check_entries, single
from logmesh.processor.payload import OriginIndexes, Payload
from logmesh.processor.writer.opened import Opened
from logmesh.processor.writer.prepare import Prepared, RefusedEntries, begin, parts
from logmesh.record.entry import count_texts
from logmesh.record.kept import Kept
from logmesh.record.origin_texts import OriginTexts
from logmesh.v1.record_pb2 import Origin


def prepare_columns(group: Sequence[Opened], *, strict: bool, refused: RefusedEntries) -> list[Prepared]:
    """Prepare resolved batches, in their order, as `prepare` does for rows; what the database finds wrong with JSON there is found
    here."""
    prepared: list[Prepared] = []
    for part in parts(group):
        prepared += _prepare(part, strict, refused)
    return prepared


def _prepare(group: Sequence[Opened], strict: bool, refused: RefusedEntries) -> list[Prepared]:
    prepared = list(map(begin, group))
    plain = not strict and _all_are_plain(group)
    filled: list[tuple[Prepared, Opened, Kept]] = []
    for opened, result in zip(group, prepared, strict=True):
        if opened.payload is None:
            continue
        mine = refused.get(opened.unwritten.ref) if refused else None
        kept, result.dead = check_entries(opened.payload, plain=plain, strict=strict, refused=mine)
        filled.append((result, opened, kept))
    formed = one_form(
        list(chain.from_iterable([kept.attributes for _, _, kept in filled])),
        _checked([kept for _, _, kept in filled]),
    )
    first = 0
    for result, opened, kept in filled:
        end = first + len(kept.bodies)
        kept.attributes = formed.texts[first:end]
        if formed.looked_at:
            kept.texts = count_texts(kept.attributes)
        bad = {at - first: why for at, why in formed.refused.items() if first <= at < end} if formed.refused else {}
        result.dead += [_refused(kept, row, why) for row, why in bad.items()]
        _fill(result, opened, kept.without(bad) if bad else kept)
        first = end
    return prepared


def _checked(kept: Sequence[Kept]) -> Container[int]:
    """Places of entries that were looked at one by one."""
    if not any(one.checked for one in kept):
        return ()
    rows = chain.from_iterable([[one.checked] * len(one.bodies) for one in kept])
    return {at for at, checked in enumerate(rows) if checked}


def _refused(kept: Kept, row: int, why: str) -> Refused:
    return Refused(int(kept.entries[row]), why, single(kept.columns, row if kept.at is None else kept.at[row]))


def _fill(result: Prepared, opened: Opened, kept: Kept) -> None:
    result.dead_count, result.texts = len(result.dead), kept.texts
    if kept.bodies and opened.payload is not None:
        result.rows, result.entries = len(kept.bodies), kept.entries
        batch = result.batch
        result.checked = Checked(
            batch.key.tenant,
            result.spool,
            batch.seq,
            batch.received_unix_nano,
            list(map(_origin, opened.origins)),
            _origin_of(opened.payload, kept),
            kept,
            opened.payload.size,
        )


def _origin_of(payload: Payload, kept: Kept) -> "OriginIndexes | None":
    """By row that is kept, the place of its origin; None where there is only one."""
    if payload.origin_of is None or len(payload.columns.origins) == 1:
        return None
    return payload.origin_of if kept.at is None else payload.origin_of[kept.at]


def _all_are_plain(group: Sequence[Opened]) -> bool:
    """Whether no body and no severity needs a look; attributes are looked at by `one_form`."""
    payloads = [opened.payload for opened in group if opened.payload is not None]
    severities = b"".join([payload.columns.severity_numbers for payload in payloads])
    bodies = list(chain.from_iterable([payload.bodies for payload in payloads]))
    return bool(np.frombuffer(severities, np.uint8).max(initial=0) <= MAX_SEVERITY) and bodies_are_plain(bodies)


@lru_cache(50_000)
def _origin(key: bytes) -> OriginTexts:
    return formed_origin(Origin.FromString(key))
