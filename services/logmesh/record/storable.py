"""What JSON may say and a database does not take: NUL, half a surrogate pair, nesting beyond all sense."""

from typing import Final

MAX_JSON_DEPTH: Final = 254
"""Objects and lists within each other that attributes may have, so that whatever reads them can."""


def is_storable(value: object, depth: int = MAX_JSON_DEPTH) -> bool:
    """Whether the texts of a value, as Python has it, are such as are stored, and it is nested `depth` deep at most."""
    if isinstance(value, str):
        return "\0" not in value and _is_utf8(value)
    if isinstance(value, dict):
        return depth > 0 and all(is_storable(key, depth) and is_storable(one, depth - 1) for key, one in value.items())
    if isinstance(value, list):
        return depth > 0 and all(is_storable(one, depth - 1) for one in value)
    return True


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
