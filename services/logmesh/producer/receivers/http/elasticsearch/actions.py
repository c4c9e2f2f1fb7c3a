"""The line of a bulk that says what to do with the document behind it, and the item that answers it."""

from dataclasses import dataclass
from typing import Any, Final

from logmesh.producer.receivers.received import RequestRefused
from logmesh.record.json_text import dump_json, load_json

_ADDING: Final = frozenset(("index", "create"))
_OTHERS: Final = {"update": "records are not updated", "delete": "records are not deleted"}
_CREATED: Final = {
    "_version": 1,
    "result": "created",
    "_shards": {"total": 1, "successful": 1, "failed": 0},
    "_seq_no": 0,
    "_primary_term": 1,
    "status": 201,
}
_REFUSED: Final = "document_parsing_exception"


@dataclass(frozen=True, slots=True)
class Action:
    """What to do: `operation` is `index` or `create`, else `why_not` says why it isn't done. `identifier` may be empty."""

    operation: str
    index: str
    identifier: str
    why_not: str

    @property
    def has_document(self) -> bool:
        """Whether the next line belongs to it."""
        return self.operation != "delete"

    def done(self) -> bytes:
        """The item of a document that was kept."""
        return dump_json({self.operation: self._target() | _CREATED})

    def refused(self, reason: str) -> bytes:
        """The item of one that was not."""
        error = {"type": _REFUSED, "reason": reason}
        return dump_json({self.operation: self._target() | {"status": 400, "error": error}})

    def document(self) -> bytes:
        """The answer to a document that was sent alone, and kept."""
        return dump_json({name: value for name, value in (self._target() | _CREATED).items() if name != "status"})

    def _target(self) -> dict[str, Any]:
        return {"_index": self.index} | ({"_id": self.identifier} if self.identifier else {})


def read_action(line: bytes, index: str) -> Action:
    """What a line says; `index` is that of the path, for one that names none. Raises RequestRefused."""
    try:
        said = load_json(line)
    except ValueError as error:
        raise RequestRefused(f"malformed action line {line[:100]!r}") from error
    if not isinstance(said, dict) or len(said) != 1:
        raise RequestRefused(f"malformed action line {line[:100]!r}: it is an object with one action")
    ((operation, target),) = said.items()
    if operation not in _ADDING and operation not in _OTHERS:
        raise RequestRefused(f"unknown action {operation[:100]!r}; known are index and create")
    target = {} if target is None else target
    if not isinstance(target, dict):
        raise RequestRefused(f"malformed action line {line[:100]!r}: what is behind the action is an object")
    named = _text(target, "_index") or index
    return Action(operation, named, _text(target, "_id"), _OTHERS.get(operation, ""))


def _text(target: dict[str, Any], name: str) -> str:
    value = target.get(name)
    if value is None:
        return ""
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise RequestRefused(f"{name} of an action is a text")
    text = str(value)
    if len(text) > 512:
        raise RequestRefused(f"{name} of an action is longer than 512 characters")
    return text
