"""Keeps what is known of pods in a file beside the spool, for an agent that is started while nobody tells it of pods."""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import orjson
import structlog

from logmesh.producer.containers.pod import Pod
from logmesh.producer.containers.pods import Pods

log = structlog.get_logger()

FILE: Final = "pods.json"
SAVE_SECONDS: Final = 5.0
"""How often what has changed is written, at most."""

_MOST_BYTES: Final = 256 << 20


def load(path: Path) -> list[Pod]:
    """The pods that were kept; none where there is no such file, or where another release wrote it otherwise."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            return []
        return [Pod(**fields) for fields in orjson.loads(path.read_bytes())]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError) as error:
        log.warning("what was known of pods can't be read", event_name="pods_forgotten", error=str(error))
        return []


def save(path: Path, pods: Sequence[Pod]) -> None:
    """Keep these, and no others. A crash leaves the ones of before. Raises OSError."""
    beside = path.with_suffix(".tmp")
    beside.write_bytes(orjson.dumps([pod._asdict() for pod in pods]))
    beside.rename(path)


async def keep(path: Path, pods: Pods) -> None:
    """Until it is cancelled: write what has changed, and once more at the end."""
    saved = pods.changes
    try:
        while True:
            await asyncio.sleep(SAVE_SECONDS)
            if pods.changes != saved:
                saved = pods.changes
                with contextlib.suppress(OSError):  # a full disk is said where records are at stake
                    await asyncio.to_thread(save, path, pods.all())
    finally:
        if pods.changes != saved:
            with contextlib.suppress(OSError):
                save(path, pods.all())
