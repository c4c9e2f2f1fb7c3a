"""Which row groups of a file a filter's texts leave, by the trigrams of its bodies. Pure."""

from typing import Any

from logmesh.filters.ast import And, Node, Or, Order, TextCompare, TextContains, TextMatches
from logmesh.lake.trigrams import asks_for_any, row_groups


def has_needles(node: Node) -> bool:
    """Whether any body must contain a text for the filter to hold, and trigrams say anything of it."""
    match node:
        case And(children):
            return any(map(has_needles, children))
        case Or(children):
            return bool(children) and all(map(has_needles, children))
        case TextContains("body", value) | TextCompare("body", Order.EQ, value):
            return asks_for_any([value])
        case TextMatches("body", pattern):
            return asks_for_any([pattern.literal, pattern.folded_literal])
        case _:
            return False


def possible_groups(node: Node, trigrams: bytes) -> Any:
    """By row group whether it may have a match, as an array of booleans; None where texts say nothing."""
    match node:
        case And(children):
            possible = None
            for child in children:
                if (of_child := possible_groups(child, trigrams)) is not None:
                    possible = of_child if possible is None else possible & of_child
            return possible
        case Or(children):
            possible = None
            for child in children:
                if (of_child := possible_groups(child, trigrams)) is None:
                    return None
                possible = of_child if possible is None else possible | of_child
            return possible
        case TextContains("body", value) | TextCompare("body", Order.EQ, value):
            return row_groups(trigrams, [value])
        case TextMatches("body", pattern):
            return row_groups(trigrams, [pattern.literal, pattern.folded_literal])
        case _:
            return None
