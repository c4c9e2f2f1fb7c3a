"""Gives attributes other names."""

from collections.abc import Mapping
from typing import Any

from logmesh.producer.rules.actions import Done, changed
from logmesh.producer.rules.view import View
from logmesh.record.json_text import dump_json


class Rename:
    """Members of a record's attributes get other names, and keep their values and places. One that had such a name already gives way.

    All names are changed at once, so that two can be exchanged.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        """`names` has the new name by the old one."""
        self._names = dict(names)
        self._written = [f'"{name}"'.encode() for name in names]

    def __call__(self, view: View, places: list[int]) -> Done:
        """See `Action`."""
        chunk = view.chunk
        attributes = chunk.attributes
        touched, column = [], list(attributes)
        for place in places:
            text = attributes[place]
            # A name is written as it is, unless the text has a backslash.
            if not (any(name in text for name in self._written) or b"\\" in text):
                continue
            if not (found := view.values(place)).keys().isdisjoint(self._names):
                column[place] = dump_json(self._renamed(found))
                touched.append(place)
        return changed(chunk, "renamed", touched, {"attributes": column})

    def _renamed(self, found: Mapping[str, Any]) -> dict[str, Any]:
        taken = {self._names[name] for name in found if name in self._names}
        return {
            self._names.get(name, name): value
            for name, value in found.items()
            if name in self._names or name not in taken
        }
