"""Attributes as a message holds them and as the text of a JSON object, each turned into the other; `values` has the rules."""

from logmesh.record.json_text import dump_json, load_exact_json
from logmesh.record.values import Values, json_values, set_values


def attributes_to_json(attributes: Values) -> bytes:
    """The JSON object, keys in order so that equal ones give equal bytes; no bytes where there are none."""
    if not attributes:
        return b""
    return dump_json(json_values(attributes), sort=True)


def attributes_from_json(text: bytes, into: Values) -> None:
    """Adds the members of the JSON object `text` to `into`. No text adds nothing.

    Raises ValueError when `text` is not a JSON object in UTF-8.
    """
    if not text:
        return
    loaded = load_exact_json(text)
    if not isinstance(loaded, dict):
        raise ValueError("attributes are not a JSON object")
    set_values(into, loaded)
