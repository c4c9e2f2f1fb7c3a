"""JSON text to plain values and back, by orjson where it is installed and by the standard library where it is not.

The plain install, which is the client's, has no orjson; both write the same values, and read the same texts.
"""

import json
from typing import Any

try:
    import orjson
except ModuleNotFoundError:  # not in the plain install
    orjson = None  # type: ignore[assignment]


def dump_json(value: Any, sort: bool = False) -> bytes:
    """JSON text of plain Python values with string keys; what orjson refuses goes through the standard library.

    Raises ValueError when it is nested too deep for that as well.
    """
    if orjson is not None:
        try:
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS if sort else None)
        except (TypeError, orjson.JSONEncodeError):
            pass  # lone surrogates, integers beyond 64 bits, nesting beyond orjson's limit
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort)
    except RecursionError as error:
        raise ValueError("JSON is nested too deep") from error
    return text.encode("utf-8", "replace")


def load_json(text: bytes) -> Any:
    """The value of a JSON text. Raises ValueError for anything else, however deep."""
    if orjson is not None:
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            pass  # what only the standard library takes, or nothing does
    try:
        return json.loads(text.decode())
    except RecursionError as error:
        raise ValueError("JSON is nested too deep") from error
