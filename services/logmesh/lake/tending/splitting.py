"""Takes attributes out of their texts into columns, and the text away where the columns say all of it.

DuckDB gives a member as a token. Columns say a text where the members that they have stand in it one behind the other in the list's
order, and nothing else does: the places of keys and the text's length tell, without writing it again. Texts are in their one form
(`writing/attributes`).
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import duckdb
import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from logmesh.lake.attribute_columns import AttributeColumn, Kind, attribute_texts, column_name
from logmesh.lake.schema import SCHEMA, schema_with
from logmesh.lake.tending.choosing import Chosen, kind_of

_ATTRIBUTES: Final = SCHEMA.names.index("attributes")
_DIGITS: Final = 18
_LONG_DIGITS: Final = "[0-9.]{18}"
"""What a number may have that no double holds; DuckDB's token has less of it. Without it in a text its doubles are what was written."""
_BACKSLASH: Final = 0x5C
_WORD: Final = 8
"""Bytes that are compared at once."""


class Splitter:
    """Makes columns of `chosen` attributes, and counts what is not in them."""

    def __init__(self, duck: duckdb.DuckDBPyConnection, chosen: Sequence[Chosen]) -> None:
        self._duck = duck
        self._keys = [key for key, _ in chosen]
        self.layouts = [layout for _, layout in chosen]
        self._kinds = [layout.kind for layout in self.layouts]
        self._others = [0] * len(chosen)
        self.schema = schema_with(self._kinds)

    @property
    def columns(self) -> list[AttributeColumn]:
        """What is known of all tables that were split, and of the files that were announced."""
        return list(map(AttributeColumn, self._keys, self._kinds, self._others))

    def announce(self, columns: Sequence[AttributeColumn]) -> None:
        """All tables of a file will come, whose columns these are. What it counted is not counted again."""
        if self._are_mine(columns):
            self._others = [sum(pair) for pair in zip(self._others, [each.others for each in columns], strict=True)]

    def split(self, table: pa.Table, columns: Sequence[AttributeColumn]) -> pa.Table:
        """A table of `schema` of one with the columns of `SCHEMA` and these behind them. Raises duckdb.Error."""
        if self._are_mine(columns):
            return table.cast(self.schema)
        texts = _whole(attribute_texts(columns, table.columns[len(SCHEMA) :], table.column(_ATTRIBUTES)))
        tokens = self._tokens(texts)
        values = [_READ[kind](token) for kind, token in zip(self._kinds, tokens, strict=True)]
        kept = pc.if_else(pa.array(_are_said(texts, self._keys, tokens, values)), None, texts)
        if "double" in self._kinds:
            exact = pc.invert(pc.fill_null(pc.match_substring_regex(kept, _LONG_DIGITS), False))
            doubles = zip(values, self._kinds, strict=True)
            values = [_where(exact, value) if kind == "double" else value for value, kind in doubles]
        for place, (token, value) in enumerate(zip(tokens, values, strict=True)):
            self._others[place] += value.null_count - token.null_count
        arrays = [*table.columns[: len(SCHEMA)], *values]
        arrays[_ATTRIBUTES] = kept
        return pa.Table.from_arrays(arrays, schema=self.schema)

    def _are_mine(self, columns: Sequence[AttributeColumn]) -> bool:
        return [(key, kind) for key, kind, _ in columns] == list(zip(self._keys, self._kinds, strict=True))

    def _tokens(self, texts: pa.Array) -> list[pa.Array]:
        """By key the tokens of its values, null where a text has none."""
        if not self._keys:
            return []
        named = ", ".join(f"l[{place + 1}] AS {column_name(place)}" for place in range(len(self._keys)))
        self._duck.register("texts", pa.table({"text": texts}))
        try:
            found: pa.Table = self._duck.sql(
                f"SELECT {named} FROM (SELECT json_extract(text, $1)::VARCHAR[] AS l FROM texts)",  # noqa: S608
                params=[[f'$."{key}"' for key in self._keys]],
            ).to_arrow_table()
        finally:
            self._duck.unregister("texts")
        return [_whole(column) for column in found.columns]


def _texts(tokens: pa.Array) -> pa.Array:
    fits = pc.starts_with(tokens, '"')
    if (_bytes(tokens) == _BACKSLASH).any():
        fits = pc.and_(fits, pc.invert(pc.match_substring(tokens, "\\")))
    return _where(fits, pc.ascii_trim(tokens, '"'))


def _ints(tokens: pa.Array) -> pa.Array:
    digits = pc.ascii_ltrim(tokens, "-")
    whole = pc.and_(pc.ascii_is_decimal(digits), pc.less_equal(pc.binary_length(digits), _DIGITS))
    return _where(pc.and_(whole, pc.not_equal(tokens, "-0")), tokens).cast(pa.int64())


def _bools(tokens: pa.Array) -> pa.Array:
    is_true = pc.equal(tokens, "true")
    return _where(pc.or_(is_true, pc.equal(tokens, "false")), is_true)


def _doubles(tokens: pa.Array) -> pa.Array:
    encoded = tokens.dictionary_encode()
    values = pa.array(map(_double, encoded.dictionary.to_pylist()), pa.float64())
    return values.take(encoded.indices)


def _double(token: str) -> float | None:
    if token[0] not in "-0123456789" or "." not in token:
        return None
    value = float(token)
    return value if kind_of(value) == "double" and orjson.dumps(value) == token.encode() else None


_READ: Final[dict[Kind, Callable[[pa.Array], pa.Array]]] = {
    "text": _texts,
    "int": _ints,
    "bool": _bools,
    "double": _doubles,
}


def _where(fits: pa.Array, values: pa.Array) -> pa.Array:
    return values if fits.true_count == len(fits) - fits.null_count else pc.if_else(fits, values, None)


def _are_said(texts: pa.Array, keys: Sequence[str], tokens: Sequence[pa.Array], values: Sequence[pa.Array]) -> Any:
    """By text whether columns with these values, read from these tokens, say all of it."""
    literals = [f'"{key}":'.encode() for key in keys]
    offsets = _offsets(texts)
    padded = np.concatenate([_bytes(texts), np.zeros(max(map(len, literals), default=0) + 2 * _WORD, np.uint8)])
    words: Any = np.ndarray((len(padded) - _WORD + 1,), "<u8", padded, 0, (1,))
    said = np.ones(len(texts), bool)
    at = offsets[:-1] + 1
    for literal, token, value in zip(literals, tokens, values, strict=True):
        lengths = np.diff(_offsets(token)) + (len(literal) + 1)
        if value.null_count:
            there = value.is_valid().to_numpy(zero_copy_only=False)
            said &= _begins(words, at, literal) | ~there
            lengths *= there
        else:
            said &= _begins(words, at, literal)
        at += lengths
    return said & (at == offsets[1:])


def _begins(words: Any, at: Any, literal: bytes) -> Any:
    """By place whether the literal is there."""
    found = np.ones(len(at), bool)
    for first in range(0, len(literal), _WORD):
        part = literal[first : first + _WORD]
        mask = np.uint64((1 << 8 * len(part)) - 1)
        found &= (words[at + first] & mask) == np.uint64(int.from_bytes(part, "little"))
    return found


def _offsets(texts: pa.Array) -> Any:
    _, offsets, _ = texts.buffers()
    return np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)


def _bytes(texts: pa.Array) -> Any:
    _, _, data = texts.buffers()
    return np.frombuffer(data or b"", np.uint8)


def _whole(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    if isinstance(column, pa.Array):
        return column
    return column.chunk(0) if column.num_chunks == 1 else cast(pa.Array, column.combine_chunks())
