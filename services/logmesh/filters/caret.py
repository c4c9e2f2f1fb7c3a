"""What may stand at the end of an unfinished filter. Pure: the grammar's own parser is asked what it would accept there."""

import re
from dataclasses import dataclass
from typing import Final

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput

from logmesh.filters.conditions import FIELDS
from logmesh.filters.parser import check_text, keys_of, unfinished_lark

_KEYWORDS: Final = {"_AND": "AND", "_OR": "OR", "NOT": "NOT"}
_OPEN: Final = ("COMPARATOR", "LPAR", "MINUS", "_COMMA")
"""What something new may follow without a space between."""
_WORDS: Final = ("WORD", "PATH", "VALUE", "ITEM", *_KEYWORDS)
"""What may still grow while the caret is at its end."""
_PATTERN_OPERATORS: Final = ("=~", "!~")
"""What no value can be proposed after: a pattern is not one."""
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Caret:
    """One way to go on: something takes the place of the filter's end from `start` on, which is counted in characters.

    `typed` is what stands there, without its quotes; `quoted` says whether it has one. `field` is the field that a value
    or an operator would belong to, as its keys: `("attributes", "user_id")`; empty when there is none.
    """

    start: int
    typed: str
    quoted: bool = False
    field: tuple[str, ...] = ()
    takes_field: bool = False
    takes_operator: bool = False
    takes_value: bool = False
    keywords: tuple[str, ...] = ()


def read_carets(text: str) -> list[Caret]:
    """The ways in which `text` may go on, none when it is wrong already. Raises FilterError for what is no text of a filter."""
    check_text(text)
    tokens, wrong_at = _tokens(text)
    last = tokens[-1] if tokens else None
    touching = last is not None and _end(last) == len(text)
    if wrong_at is not None:
        if text[wrong_at:].isalpha():
            # A keyword within a value's parentheses, half typed, is no word that may stand there.
            return _carets(_at(text, wrong_at))
        if text[wrong_at] not in "\"'":
            return []
        # A quote that is not closed yet: of a value, or of a key within a path.
        in_path = last is not None and last.type == "WORD" and last.endswith(".") and _end(last) == wrong_at
        return _carets(_at(text, _start(last) if in_path and last is not None else wrong_at))
    if touching and last == "!" and (operator := _at(text, _start(last))) is not None and operator.takes_operator:
        return [operator]
    if last is None or not touching or last.type in _OPEN:
        return _carets(_at(text, len(text)))
    if last.type not in _WORDS:
        return []
    growing = _at(text, _start(last))
    # A field's name that is complete may be followed by an operator at once.
    complete = _at(text, len(text)) if last.type in ("WORD", "PATH") else None
    if complete is not None and complete.takes_operator:
        complete = Caret(len(text), "", field=complete.field, takes_operator=True)
        return _carets(growing, complete)
    return _carets(growing)


def _carets(*found: Caret | None) -> list[Caret]:
    return [caret for caret in found if caret is not None]


def _at(text: str, start: int) -> Caret | None:
    """What may stand from `start` on, or None when nothing can."""
    parser = unfinished_lark().parse_interactive(text[:start])
    try:
        tokens = parser.exhaust_lexer()
    except UnexpectedInput:
        return None
    accepted: set[str] = parser.accepts()  # type: ignore[no-untyped-call]
    quoted = text[start : start + 1] in ("'", '"')
    typed = _ESCAPED.sub(r"\1", text[start + 1 :]) if quoted else text[start:]
    # A word that follows another without a space would be part of it.
    apart = start == 0 or text[start - 1].isspace() or text[start - 1] == "("
    # Of a second value in parentheses the grammar knows, but only after AND or OR does its lexer.
    value = "ITEM" in accepted or ("VALUE" in accepted and "_AND" not in accepted)
    field = _field_before_value(tokens) if accepted & {"VALUE", "ITEM"} else _field_before_operator(tokens)
    return Caret(
        start,
        typed,
        quoted,
        field,
        takes_field="PATH" in accepted and not quoted,
        takes_operator="COMPARATOR" in accepted and bool(field) and not quoted,
        takes_value=value and bool(field),
        keywords=tuple(word for name, word in _KEYWORDS.items() if name in accepted and apart and not quoted),
    )


def _field_before_operator(tokens: list[Token]) -> tuple[str, ...]:
    return _field(tokens[-1]) if tokens and tokens[-1].type in ("WORD", "PATH") else ()


def _field_before_value(tokens: list[Token]) -> tuple[str, ...]:
    # Within the parentheses of `field = (a OR b)` there is no other comparator.
    comparators = [at for at, token in enumerate(tokens) if token.type in ("COMPARATOR", "IN", "LIKE")]
    if not comparators or tokens[comparators[-1]] in _PATTERN_OPERATORS or tokens[comparators[-1]].type == "LIKE":
        return ()
    return _field(tokens[comparators[-1] - 1])


def _field(token: Token) -> tuple[str, ...]:
    """The token's keys, when it names a field that there is."""
    keys = keys_of(token)
    nested = keys[0] in ("attributes", "resource")
    return keys if keys[0] in FIELDS and nested == (len(keys) > 1) and all(keys) else ()


def _tokens(text: str) -> tuple[list[Token], int | None]:
    """The filter's tokens, and where it stopped making sense."""
    parser, tokens = unfinished_lark().parse_interactive(text), list[Token]()
    try:
        for token in parser.iter_parse():
            tokens.append(token)
    except UnexpectedCharacters as error:
        return tokens, error.pos_in_stream
    except UnexpectedInput:
        # The token that makes no sense is the last one here.
        return tokens, _start(tokens.pop()) if tokens else 0
    return tokens, None


def _start(token: Token) -> int:
    return token.start_pos or 0


def _end(token: Token) -> int:
    return token.end_pos or 0
