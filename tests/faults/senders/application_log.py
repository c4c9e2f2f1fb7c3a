"""The log of an application, a line of JSON for each record, that an agent follows."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.faults.senders.load import Load
from tests.faults.senders.records import SCOPE, Record, record_of

NAME = "app.log"
"""In the sender's folder."""
LEVELS = {5: "debug", 9: "info", 13: "warn", 17: "error"}
_TURN_SECONDS = 0.05


def fed(time_of: Callable[[Record], int | str] = lambda record: record.time) -> Callable[[Load, Path], Awaitable[None]]:
    """A sender's `feed`; `time_of` says how times are written."""

    async def write(load: Load, folder: Path) -> None:
        start, number = time.monotonic(), 0
        with (folder / NAME).open("a", encoding="utf-8") as file:
            while number < load.records:
                due = load.due(time.monotonic() - start)
                records = (record_of(at, load.began) for at in range(number, due))
                lines = ({"time": time_of(record), **said(record)} for record in records)
                file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
                file.flush()
                number = due
                await asyncio.sleep(_TURN_SECONDS)

    return write


def said(record: Record) -> dict[str, Any]:
    """What a line says beside its time."""
    return {
        "level": LEVELS[record.severity],
        "message": record.body,
        "logger": SCOPE[0],
        "trace": f"{record.trace_id:032x}",
        "span": f"{record.span_id:016x}",
        **record.attributes,
    }
