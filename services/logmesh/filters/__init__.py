"""The filter language: text ──► parser ──► typed AST ─┬─► sql (bound parameters)
                                                       └─► predicate (in memory)

AIP-160 as users of Cloud Logging know it: OR binds tighter than AND, and a comparison with a field that a record
doesn't have is false, `!=` and `!~` included; `NOT` turns that into true.
"""

from logmesh.filters.errors import FilterError
from logmesh.filters.parser import parse_filter
from logmesh.filters.predicate import compile_predicate
from logmesh.filters.sql import compile_sql

__all__ = ["FilterError", "compile_predicate", "compile_sql", "parse_filter"]
