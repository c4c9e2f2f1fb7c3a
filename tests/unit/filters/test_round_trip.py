"""A tree that is written as a filter and read again is the same tree."""

from hypothesis import given, settings
from hypothesis import strategies as st

from logmesh.filters import parse_filter
from logmesh.filters.ast import (
    And,
    IdEquals,
    IdPresent,
    Literals,
    MapCompare,
    MapPresent,
    Node,
    Not,
    Or,
    Order,
    Path,
    SeverityCompare,
    TextCompare,
    TextContains,
    TextPresent,
)
from logmesh.filters.values import Value, read_literals

# No control characters to keep failures readable, no surrogates and no NUL because no filter holds them.
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
columns = st.sampled_from(["service", "instance", "body"])
orders = st.sampled_from(list(Order))
paths = st.builds(
    Path, st.sampled_from(["attributes", "resource"]), st.lists(texts.filter(bool), min_size=1, max_size=3).map(tuple)
).filter(lambda path: path.keys not in (("service.name",), ("service", "name"), ("service.instance.id",)))
leaves: st.SearchStrategy[Node] = st.one_of(
    st.builds(TextCompare, columns, orders, texts),
    st.builds(TextContains, columns, texts),
    st.builds(TextPresent, columns),
    st.builds(SeverityCompare, orders, st.integers(0, 24)),
    st.builds(IdEquals, st.just("trace_id"), st.binary(min_size=16, max_size=16)),
    st.builds(IdEquals, st.just("span_id"), st.binary(min_size=8, max_size=8)),
    st.builds(IdPresent, st.sampled_from(["trace_id", "span_id"])),
    st.builds(
        MapCompare,
        paths,
        orders.filter(lambda order: order is not Order.EQ),
        texts.map(lambda text: read_literals(Value(text, True, 0))),
    ),
    st.builds(MapPresent, paths),
)


def joined(kind: type[And] | type[Or], children: list[Node]) -> Node:
    """One conjunction or disjunction; those within it that are of its kind are part of it."""
    flat: list[Node] = []
    for child in children:
        flat += child.children if isinstance(child, kind) else (child,)
    return kind(tuple(flat))


trees: st.SearchStrategy[Node] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(joined, st.sampled_from([And, Or]), st.lists(inner, min_size=2, max_size=3)), st.builds(Not, inner)
    ),
    max_leaves=8,
)


@settings(max_examples=500)
@given(trees)
def test_a_tree_survives_being_written_and_read(tree: Node) -> None:
    assert parse_filter(write(tree)) == tree


def write(node: Node) -> str:
    """A filter that means `node`."""
    match node:
        case And(children):
            return "(" + " AND ".join(map(write, children)) + ")"
        case Or(children):
            return "(" + " OR ".join(map(write, children)) + ")"
        case Not(child):
            return f"NOT ({write(child)})"
        case TextCompare(column, order, value):
            return f"{column} {order.value} {quote(value)}"
        case TextContains(column, value):
            return f"{column}:{quote(value)}"
        case TextPresent(column) | IdPresent(column):
            return f"{column}:*"
        case SeverityCompare(order, number):
            return f"severity {order.value} {number}"
        case IdEquals(column, value):
            return f"{column}={value.hex()}"
        case MapCompare(path, order, Literals(text)):
            return f"{write_path(path)} {order.value} {quote(text)}"
        case MapPresent(path):
            return f"{write_path(path)}:*"
        case _:
            raise AssertionError(node)


def write_path(path: Path) -> str:
    """The path with every key quoted."""
    return ".".join([path.column, *map(quote, path.keys)])


def quote(text: str) -> str:
    """A quoted text."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
