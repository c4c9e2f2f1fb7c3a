"""What rules make of records stays within the limits of one, whatever it was before."""

import json
from dataclasses import replace

import pytest
from tests.unit.producer.rules.chunks import TIME, chunk_of

from logmesh.producer.oversize import within_limits
from logmesh.producer.parsed import Parsed
from logmesh.producer.rules.patterns import BUILT_IN
from logmesh.producer.rules.redact import Redact
from logmesh.producer.rules.view import View
from logmesh.producer.sources import Chunk
from logmesh.record.columns import OriginKey
from logmesh.record.entry import check_body
from logmesh.record.limits import MAX_ATTRIBUTES_BYTES, MAX_BODY_BYTES
from logmesh.record.rare import Rare


def redacted(chunk: Chunk) -> Chunk:
    """What becomes of it, and each record asserted to be one that a processor takes."""
    left = within_limits(Redact(BUILT_IN, resource=True)(View(chunk, TIME), list(range(len(chunk)))).chunk)
    for body, attributes in zip(left.bodies, left.attributes, strict=True):
        check_body(body, attributes)
    return left


@pytest.mark.parametrize("filler", ["x", "ж", "a@b.io "])
def test_parts_of_a_line_that_grow_are_cut_again_and_keep_their_number(filler: str) -> None:
    """Each is as large as a record may be before an address in it is replaced by something longer."""
    parts = [
        (f"{number} a@b.io ".encode() + filler.encode() * MAX_BODY_BYTES)[: MAX_BODY_BYTES - 2] for number in (1, 2)
    ]
    parts = [part.decode("utf-8", "ignore").encode() for part in parts]
    said = [Parsed(attributes=b'{"a":1}').with_part(1, "07").attributes, Parsed().with_part(2, "07").attributes]
    chunk = chunk_of([b"before", *parts, b"after"], attributes=[b"", *said, b""], severities=[9, 17, 17, 9])
    left = redacted(chunk)
    whole = b"".join(parts).replace(b"a@b.io", b"[redacted:email]")
    assert b"".join(left.bodies) == b"before" + whole + b"after"
    for body in left.bodies:
        body.decode()
    numbers = [json.loads(text) for text in left.attributes[1:-1]]
    assert {one["logmesh.line"] for one in numbers} == {"07"}
    assert [one["logmesh.part"] for one in numbers] == sorted(one["logmesh.part"] for one in numbers)
    assert [one.get("a") for one in numbers] == [1] + [None] * (len(numbers) - 1)
    assert set(left.severities[1:-1]) == {17} and left.positions == chunk.positions


def test_a_whole_body_that_grows_comes_in_numbered_parts() -> None:
    body = b'{"to":"a@b.io","x":"%b"}' % (b"x" * (MAX_BODY_BYTES - 24))
    left = redacted(replace(chunk_of([b"1", body], attributes=[b"", b'{"a":1}']), rares=[Rare(), Rare(0, True, b"e")]))
    assert [json.loads(text or b"{}").get("logmesh.part") for text in left.attributes] == [None, 1, 2]
    assert left.rares == [Rare(), Rare(0, False, b"e"), Rare()]


def test_attributes_that_grow_lose_the_largest_of_them() -> None:
    small = {"logmesh.part": 1, "logmesh.line": "07", "user": "ann", "ratio": 0.25}
    fields = {**small, "to": ["a@b.io"] * 3_000, "cc": ["a@b.io"] * 3_500, "text": "ж" * 2_000}
    attributes = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    assert len(attributes) <= MAX_ATTRIBUTES_BYTES
    origin = OriginKey(b"shop", resource_attributes=attributes)
    left = redacted(chunk_of([b"1", b"2"], attributes=[attributes, b""], origins=[origin, origin]))
    kept = {**small, "to": ["[redacted:email]"] * 3_000, "text": "ж" * 2_000, "logmesh.attributes_omitted": True}
    assert json.loads(left.attributes[0]) == kept == json.loads(left.origins[1].resource_attributes)
    one = json.dumps({"n": {"to": ["a@b.io"] * 7_000}}, separators=(",", ":")).encode()
    assert redacted(chunk_of([b""], attributes=[one])).attributes == [b'{"logmesh.attributes_omitted":true}']


def test_what_fits_stays_the_same_chunk() -> None:
    chunk = chunk_of(
        [b"b" * MAX_BODY_BYTES, b""], attributes=[b'{"a":"%b"}' % (b"a" * (MAX_ATTRIBUTES_BYTES - 8)), b""]
    )
    assert within_limits(chunk) is chunk
    assert within_limits(empty := Chunk(positions=chunk.positions)) is empty
