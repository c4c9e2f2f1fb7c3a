"""Attributes of any size as what a record may carry: the small ones as they are, the large ones cut, and both said so."""

from typing import Any, Final

from logmesh.client.delivering.row import attributes_text, plain_value, text_of
from logmesh.record.json_text import dump_json
from logmesh.record.limits import MAX_ATTRIBUTES, MAX_ATTRIBUTES_BYTES

CUT: Final = "logmesh.attributes_cut"
"""An object: by the name of each attribute that was cut, how many bytes it took as JSON."""
OMITTED: Final = "logmesh.attributes_omitted"
"""How many attributes were left out."""

_RESERVED_BYTES: Final = 4_096  # for the names of what was cut, and the sizes
_MOST_CUT: Final = 16
_MAX_NAME_BYTES: Final = 128


def attributes_within_limits(fields: dict[str, Any]) -> bytes:
    """The JSON object of `fields`, the most important last: earlier ones are left out where there are too many.

    Where all of them are too long together, the longest are cut to the same length, each as the beginning of its text or of its
    JSON, or left out where that is not enough. A stack trace goes first, for the body ends with it. It never raises.
    """
    text = attributes_text(fields)
    if len(text) > MAX_ATTRIBUTES_BYTES and "exception.stacktrace" in fields:
        fields = {name: value for name, value in fields.items() if name != "exception.stacktrace"}
        text = attributes_text(fields)
    if len(text) <= MAX_ATTRIBUTES_BYTES and len(fields) <= MAX_ATTRIBUTES:
        return text
    values = {text_of(name): plain_value(value) for name, value in fields.items()}
    omitted = max(0, len(values) - MAX_ATTRIBUTES + 2)  # two places are for what is said of it
    kept = dict(list(values.items())[omitted:])
    return dump_json(_cut(kept, omitted))


def _cut(values: dict[str, Any], omitted: int) -> dict[str, Any]:
    sizes = {name: len(dump_json({name: value})) for name, value in values.items()}
    room = MAX_ATTRIBUTES_BYTES - _RESERVED_BYTES
    most = _most_each(sorted(sizes.values()), room)
    kept: dict[str, Any] = {}
    cut: dict[str, int] = {}
    for name, value in values.items():
        if sizes[name] <= most:
            kept[name] = value
        elif len(cut) < _MOST_CUT and len(dump_json(name)) <= _MAX_NAME_BYTES < most:
            cut[name] = sizes[name]
            kept[name] = _beginning(value, most - len(dump_json({name: ""})))
        else:
            omitted += 1
    said = ({CUT: cut} if cut else {}) | ({OMITTED: omitted} if omitted else {})
    return kept | said


def _most_each(sizes: list[int], room: int) -> int:
    """The length to which the longest of `sizes`, in their order, are cut so that together they take no more than `room`."""
    for index, size in enumerate(sizes):
        share = room // (len(sizes) - index)
        if size > share:
            return share
        room -= size
    return sizes[-1] if sizes else 0


def _beginning(value: Any, room: int) -> str:
    """The beginning of a text, or of a value's JSON, that takes no more than `room` bytes within a JSON string."""
    text = value if isinstance(value, str) else dump_json(value).decode()
    text = text[:room]
    while (size := len(dump_json(text)) - 2) > room:
        text = text[: len(text) * room // size]
    return text
