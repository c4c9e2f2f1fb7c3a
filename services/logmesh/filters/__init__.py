"""The filter language: text ──► parser ──► typed AST ─┬─► sql (rows: bound parameters)
                                                       ├─► predicate (in memory)
                                                       └─► the lake's conditions (`lake/reading`)
                     a field's name ──► fields ───────────► sql (its value, or which of some values it is)

AIP-160 as users of Cloud Logging know it: OR binds tighter than AND, and a comparison with a field that a record
doesn't have is false, `!=` and `!~` included; `NOT` turns that into true.
"""

from logmesh.filters.errors import FilterError
from logmesh.filters.fields import parse_field
from logmesh.filters.parser import parse_filter
from logmesh.filters.predicate import compile_predicate
from logmesh.filters.sql import compile_key, compile_sql, compile_value

__all__ = [
    "FilterError",
    "compile_key",
    "compile_predicate",
    "compile_sql",
    "compile_value",
    "parse_field",
    "parse_filter",
]
