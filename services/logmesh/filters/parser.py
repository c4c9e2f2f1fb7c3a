"""Filter text to typed AST. Whatever is wrong is a FilterError with its position; nothing else is raised."""

from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken, VisitError

from logmesh.filters.ast import EVERYTHING, And, Node, Not, Or, TextContains
from logmesh.filters.brackets import with_dots
from logmesh.filters.conditions import condition
from logmesh.filters.errors import FilterError
from logmesh.filters.foreign import check_value, check_values, check_word, foreign_operator, unclear_signs, with_list
from logmesh.filters.limits import MAX_BYTES, MAX_CONDITIONS, MAX_DEPTH
from logmesh.filters.values import Value, like, slashed, slashed_text

_EXPECTED = {
    "COMPARATOR": "a comparison", "WORD": "a word", "STRING": "a quoted text", "VALUE": "a value", "PATH": "a field",
    "ITEM": "a value", "FIELD": "a field", "REGEX": "a pattern", "LPAR": "(", "RPAR": ")", "_COMMA": ",", "_AND": "AND",
    "_OR": "OR", "AND_SIGN": "AND", "OR_SIGN": "OR", "NOT": "NOT", "MINUS": "-", "$END": "the end",
}  # fmt: skip
_ESCAPES = {'"': '"', "'": "'", "\\": "\\", "n": "\n", "t": "\t", "r": "\r"}


def parse_filter(text: str) -> Node:
    """Read a filter; a blank one is `EVERYTHING`. Raises FilterError."""
    check_text(text)
    try:
        built: _Built = _lark().parse(text)  # type: ignore[assignment]
    except FilterError as error:
        raise with_dots(text, error) from None
    except VisitError as error:
        if isinstance(error.orig_exc, FilterError):
            raise error.orig_exc from None
        raise
    except UnexpectedInput as error:
        raise with_list(text, with_dots(text, _explain(text, error))) from None
    node: Node = built.node
    return node


def check_text(text: str) -> None:
    """Raise FilterError for a text that is too long to be a filter, or that no database takes."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise FilterError(f"the filter is longer than {MAX_BYTES} bytes, and is cut short", len(text))
    for position, char in enumerate(text):
        if char == "\0" or "\ud800" <= char <= "\udfff":
            raise FilterError("a character that no record can hold", position)


class _Built(NamedTuple):
    """A part of the filter with what is needed to keep it within limits. `node` may be a pattern of values as well; `has_signs` is
    whether it has `||` outside of parentheses."""

    node: Any
    depth: int
    conditions: int
    has_signs: bool = False


class _Builder(Transformer[Token, _Built]):
    """Called by lark as rules complete, so neither parsing nor building recurses."""

    def start(self, parts: list[_Built]) -> _Built:
        return parts[0] if parts else _Built(EVERYTHING, 0, 0)

    def conjunction(self, parts: list[Any]) -> _Built:
        built = [part for part in parts if isinstance(part, _Built)]
        sign = next((part for part in parts if isinstance(part, Token)), None)
        if sign is not None and any(part.has_signs for part in built):
            raise unclear_signs(sign.start_pos or 0)
        return _join(And, built)

    def disjunction(self, parts: list[Any]) -> _Built:
        built = [part for part in parts if isinstance(part, _Built)]
        return _join(Or, built)._replace(has_signs=len(built) < len(parts))

    def negation(self, parts: list[Any]) -> _Built:
        sign, inner = parts
        return _deeper(Not(inner.node), inner, sign.start_pos)

    def nested(self, parts: list[Any]) -> _Built:
        opening, inner = parts
        return _deeper(inner.node, inner, opening.start_pos)

    def word(self, parts: list[Token]) -> _Built:
        word, position = str(parts[0]), parts[0].start_pos or 0
        check_word(word, position)
        if not word.strip("*"):
            return _Built(EVERYTHING, 1, 1)
        return _Built(condition(("body",), position, ":", Value(word, False, position)), 1, 1)

    def phrase(self, parts: list[Token]) -> _Built:
        return _Built(TextContains("body", _unquote(parts[0])), 1, 1)

    def slashed(self, parts: list[Token]) -> _Built:
        position = parts[0].start_pos or 0
        return _Built(condition(("body",), position, "=~", slashed(str(parts[0]), position)), 1, 1)

    def quoted(self, parts: list[Token]) -> _Built:
        return _Built(Value(_unquote(parts[0]), True, parts[0].start_pos or 0), 1, 1)

    def unquoted(self, parts: list[Token]) -> _Built:
        return _Built(Value(str(parts[0]), False, parts[0].start_pos or 0), 1, 1)

    def regex(self, parts: list[Token]) -> _Built:
        return _Built(parts[0], 1, 1)

    def comparison(self, parts: list[Any]) -> _Built:
        field, comparator, argument = parts
        keys, position = keys_of(field), field.start_pos or 0

        def build(pattern: Any) -> Node:
            match pattern:
                case Value():
                    check_value(str(field), str(comparator), pattern)
                    return condition(keys, position, str(comparator), pattern)
                case Token():
                    read = slashed_text if comparator in ("=", "!=") else slashed
                    return condition(keys, position, str(comparator), read(str(pattern), pattern.start_pos or 0))
                case Not():
                    return Not(build(pattern.child))
                case And():
                    check_values(pattern.children)
                    return And(tuple(map(build, pattern.children)))
                case _:
                    return Or(tuple(map(build, pattern.children)))

        return _Built(build(argument.node), argument.depth, argument.conditions)

    def membership(self, parts: list[Any]) -> _Built:
        field, sign, opening, *items = parts
        keys, position, negated = keys_of(field), field.start_pos or 0, _is_negated(sign)
        if len(items) > MAX_CONDITIONS:
            raise FilterError(f"the filter has more than {MAX_CONDITIONS} conditions", 0)
        found = tuple(condition(keys, position, "!=" if negated else "=", item.node) for item in items)
        node = found[0] if len(found) == 1 else And(found) if negated else Or(found)
        return _deeper(node, _Built(node, 1, len(items)), opening.start_pos)

    def likeness(self, parts: list[Any]) -> _Built:
        field, sign, value = parts
        pattern = like(value.node, fold="ILIKE" in sign.upper())
        comparator = "!~" if _is_negated(sign) else "=~"
        return _Built(condition(keys_of(field), field.start_pos or 0, comparator, pattern), 1, 1)

    def presence(self, parts: list[Token]) -> _Built:
        field, sign = parts
        position = field.start_pos or 0
        present = condition(keys_of(field), position, ":", Value("*", False, sign.start_pos or 0))
        return _Built(present if "NOT" in sign.upper().split() else Not(present), 1, 1)

    def foreign(self, parts: list[Token]) -> _Built:
        field, operator = parts
        raise foreign_operator(str(field), str(operator), operator.start_pos or 0)


def keys_of(field: Token) -> tuple[str, ...]:
    """The keys of a field as it is written: `attributes`, `user_id`."""
    return _split_path(str(field)) if '"' in field else tuple(str(field).split("."))


def _is_negated(sign: Token) -> bool:
    return sign.upper().startswith(("NOT", "!"))


def _join(kind: type[And] | type[Or], parts: list[Any]) -> _Built:
    if len(parts) == 1:
        only: _Built = parts[0]
        return only
    children: list[Node] = []
    for part in parts:
        # `a AND (b AND c)` is one conjunction of three.
        children += part.node.children if isinstance(part.node, kind) else (part.node,)
    conditions = sum(part.conditions for part in parts)
    if conditions > MAX_CONDITIONS:
        raise FilterError(f"the filter has more than {MAX_CONDITIONS} conditions", 0)
    return _Built(kind(tuple(children)), max(part.depth for part in parts), conditions)


def _deeper(node: Any, inner: _Built, position: int) -> _Built:
    if inner.depth >= MAX_DEPTH:
        raise FilterError(f"the filter is nested deeper than {MAX_DEPTH}", position)
    return _Built(node, inner.depth + 1, inner.conditions)


def _unquote(token: str) -> str:
    """The text between the quotes. A backslash that escapes nothing stays, so that patterns need not double theirs."""
    out, inner = [], iter(token[1:-1])
    for char in inner:
        if char == "\\":
            after = next(inner)
            out.append(_ESCAPES.get(after, "\\" + after))
        else:
            out.append(char)
    return "".join(out)


def _split_path(text: str) -> tuple[str, ...]:
    """The keys of a path with quoted keys, these undone."""
    keys, rest = [], text
    while rest:
        if rest[0] == '"':
            end = 1
            while rest[end] != '"':
                end += 2 if rest[end] == "\\" else 1
            keys.append(_unquote(rest[: end + 1]))
            rest = rest[end + 2 :]
        else:
            key, _, rest = rest.partition(".")
            keys.append(key)
    return tuple(keys)


def _explain(text: str, error: UnexpectedInput) -> FilterError:
    if isinstance(error, UnexpectedToken):
        accepted, at_end = error.accepts or error.expected, error.token.type == "$END"
        position = len(text) if at_end else error.pos_in_stream or 0
        problem = "the filter ends too early" if at_end else f'"{str(error.token)[:40]}" makes no sense'
    else:
        accepted = error.allowed if isinstance(error, UnexpectedCharacters) else set()
        position = error.pos_in_stream or 0
        char = text[position : position + 1]
        problem = "a quote is not closed" if char in ("'", '"') else f'"{char}" makes no sense'
    # The same place takes a word wherever it takes a minus, and so on: one name for each is enough.
    expected = tuple(sorted({_EXPECTED[name] for name in accepted or () if name in _EXPECTED}))
    return FilterError(problem, position, expected=expected)


@cache
def _lark() -> Lark:
    return Lark(_grammar(), parser="lalr", lexer="contextual", transformer=_Builder())


@cache
def unfinished_lark() -> Lark:
    """The same grammar without what it means, for a filter that is being typed."""
    return Lark(_grammar(), parser="lalr", lexer="contextual")


def _grammar() -> str:
    return (files("logmesh.filters") / "grammar.lark").read_text("utf-8")
