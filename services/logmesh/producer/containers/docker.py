"""What Docker says of a container whose json-file is read: `config.v2.json` beside the log has its name, image and labels.

Docker writes to `containers/ID/ID-json.log`, and rotates that to `….log.1`, `….log.2` or `….log.1.gz`. The engine is not asked.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from logmesh.producer.containers.container import Container, cut_text, labels_as_attributes
from logmesh.producer.containers.hints import read_hints
from logmesh.producer.containers.images import image_attributes
from logmesh.record.limits import MAX_NAME_BYTES

_PATH: Final = re.compile(r"(?P<folder>.*/(?P<id>[0-9a-f]{64}))/(?P=id)-json\.log(?:\.\d{1,4})?(?:\.gz)?")
_CONFIG: Final = "config.v2.json"
_MOST_CONFIG_BYTES: Final = 4 << 20
_MOST_KNOWN: Final = 4_096
_LOOK_AGAIN_SECONDS: Final = 1.0
_SERVICES: Final = ("com.docker.compose.service", "com.docker.swarm.service.name")


class _Known(NamedTuple):
    looked_at: float
    changed: int
    container: Container


class DockerContainers:
    """Reads each container's file once, and again when it has changed. `tell(what)` hears of one that can't be read, once.

    What was read of a container that is removed is kept for what is still being read of its log.
    """

    def __init__(self, clock: Callable[[], float], tell: Callable[[str], None]) -> None:
        self._clock, self._tell = clock, tell
        self._known: dict[str, _Known] = {}

    def container_of(self, path: str) -> Container | None:
        """The container that wrote the log at `path`; None where the path is not one of Docker's."""
        found = _PATH.fullmatch(path)
        if found is None:
            return None
        folder, container_id = found["folder"], found["id"]
        now, known = self._clock(), self._known.get(folder)
        if known is not None and now - known.looked_at < _LOOK_AGAIN_SECONDS:
            return known.container
        self._known.pop(folder, None)
        self._known[folder] = known = self._look(Path(folder) / _CONFIG, container_id, known, now)
        while len(self._known) > _MOST_KNOWN:
            del self._known[next(iter(self._known))]
        return known.container

    def _look(self, config: Path, container_id: str, known: _Known | None, now: float) -> _Known:
        try:
            changed = config.stat().st_mtime_ns
            if known is not None and changed == known.changed:
                return known._replace(looked_at=now)
            with config.open("rb") as file:
                text = file.read(_MOST_CONFIG_BYTES + 1)
            if len(text) > _MOST_CONFIG_BYTES:
                raise ValueError(f"it is larger than {_MOST_CONFIG_BYTES >> 20} MiB")
            return _Known(now, changed, read_config(orjson.loads(text), container_id))
        except FileNotFoundError:
            why = "there is none"
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else str(error)
        except ValueError as error:
            why = str(error)
        if known is not None:
            return known._replace(looked_at=now)  # it was removed, or is being written just now
        self._tell(f"{config} can't be read: {why}; the container's records have its id, and no name, image or labels")
        return _Known(now, 0, read_config({}, container_id))


def read_config(config: Any, container_id: str) -> Container:
    """The container that this content of its file describes. What is missing or of a wrong kind is taken for absent."""
    said = config if isinstance(config, dict) else {}
    wished = _of_kind(said.get("Config"), dict)
    labels = {
        key: value for key, value in _of_kind(wished.get("Labels"), dict).items() if isinstance(value, str)
    }  # fmt: skip
    name = cut_text(_of_kind(said.get("Name"), str).removeprefix("/"), MAX_NAME_BYTES)
    hints = read_hints(labels)
    composed = next((labels[key] for key in _SERVICES if labels.get(key)), "")
    attributes: dict[str, Any] = {"container.id": container_id}
    if name:
        attributes["container.name"] = name
    attributes |= image_attributes(cut_text(_of_kind(wished.get("Image"), str), MAX_NAME_BYTES))
    attributes |= labels_as_attributes("container.label", labels, labels)
    known_by = name or container_id[:12]
    return Container(hints.service or cut_text(composed, MAX_NAME_BYTES) or known_by, known_by, attributes, hints)


def _of_kind(value: Any, kind: type) -> Any:
    return value if isinstance(value, kind) else kind()
