"""What columns stand for is the text that they were made of."""

import pyarrow as pa
import pytest

from logmesh.lake.attribute_columns import AttributeColumn, attribute_texts, column_name, read_columns, write_columns
from logmesh.lake.writing.attributes import one_form

COLUMNS = [
    AttributeColumn("route", "text", 0),
    AttributeColumn("", "int", 3),
    AttributeColumn("Ok é", "bool", 0),
    AttributeColumn("ok é", "double", 1),
]
VALUES = [
    pa.array(["/é", None, None, "", None, "kept beside"]),
    pa.array([-1, None, None, None, 10**18 - 1, None]),
    pa.array([True, None, False, None, None, None]),
    pa.array([1.5, None, -0.0, 1e-7, None, 2.0]),
]
TEXTS = [
    '{"route":"/é","":-1,"Ok é":true,"ok é":1.5}',
    None,
    '{"Ok é":false,"ok é":-0.0}',
    '{"route":"","ok é":1e-7}',
    '{"":999999999999999999}',
    "its own",
]
OWN = pa.array([None] * 5 + ["its own"], pa.string())


def test_a_text_is_its_own_or_what_the_columns_say() -> None:
    assert attribute_texts(COLUMNS, VALUES, OWN).to_pylist() == TEXTS
    formed = [text.encode() for text in TEXTS[:-1] if text]
    assert one_form(formed).texts == formed, "a rebuilt text is in the one form"


def test_chunks_do() -> None:
    def chunked(array: pa.Array) -> pa.ChunkedArray:
        return pa.chunked_array([array.slice(0, 2), array.slice(2)])

    assert attribute_texts(COLUMNS, list(map(chunked, VALUES)), chunked(OWN)).to_pylist() == TEXTS


@pytest.mark.parametrize("rows", [0, 3])
def test_nothing_in_any_column_is_no_attributes(rows: int) -> None:
    nothing = pa.nulls(rows, pa.string())
    assert attribute_texts(COLUMNS[:1], [nothing], nothing).to_pylist() == [None] * rows
    assert attribute_texts([], [], nothing).to_pylist() == [None] * rows


def test_the_list_is_read_as_it_was_written() -> None:
    assert read_columns(write_columns(COLUMNS)) == tuple(COLUMNS)
    assert read_columns("[]") == () and column_name(1) == "a1"
