"""What a key in brackets meant: `attributes["order"]` is written `attributes.order` here."""

import re
from typing import Final

from logmesh.filters.conditions import ELSEWHERE
from logmesh.filters.errors import FilterError

_FIELD: Final = re.compile(
    r"""(?<![\w."'])([A-Za-z_]\w*)((?:\.[\w/-]+)*)((?:\[\s*(?:"[^"\\]+"|'[^'\\]+'|[A-Za-z_][\w./-]*)\s*\])+)"""
)
_KEY: Final = re.compile(r"\"([^\"]+)\"|'([^']+)'|([^\[\]\s]+)")
_PLAIN: Final = re.compile(r"[\w/-]+(?:\.[\w/-]+)*")


def with_dots(text: str, error: FilterError) -> FilterError:
    """An error that says so where `error` stems from keys in brackets, else `error` itself."""
    for found in _FIELD.finditer(text):
        name, path, keys = found.groups()
        field = ELSEWHERE.get(name.lower(), name)
        if field in ("attributes", "resource") and found.start() <= error.position <= found.end():
            inner = ("".join(key) for key in _KEY.findall(keys))
            dotted = ".".join(key if _PLAIN.fullmatch(key) else f'"{key}"' for key in inner)
            problem = "a key follows a dot and stands in no brackets"
            return FilterError(problem, found.start(), suggestion=f"{field}{path}.{dotted}")
    return error
