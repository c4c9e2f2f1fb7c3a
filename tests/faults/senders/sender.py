"""What a sender is to a trial."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.processes import Running
from tests.faults.senders.cluster import ReceiverCluster
from tests.faults.senders.load import Load
from tests.faults.senders.records import Record


@dataclass(frozen=True, slots=True)
class Sender:
    """`start` starts its process in a folder of its own, which ends once it has sent everything; one that never ends has a `feed` that
    ends once it was given everything. `carries` are the columns of a record that it sends. `needs`: see tests/needs. Bodies of one that
    `is_numbered` say their record's number; others' records are told by their times. One that does not
    `repeat` drops a request whose connection broke."""

    start: Callable[[ReceiverCluster, Load, Path], Running]
    carries: Callable[[Record], Mapping[str, Any]]
    feed: Callable[[Load, Path], Awaitable[None]] | None = None
    needs: str = ""
    is_numbered: bool = True
    repeats: bool = True
