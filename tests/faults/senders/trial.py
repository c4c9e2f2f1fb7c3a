"""One sender against all faults, and the account of its records."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.senders.cluster import ReceiverCluster
from tests.faults.senders.faults import WEIGHTS, Faults
from tests.faults.senders.load import Load
from tests.faults.senders.records import number_of, record_of
from tests.faults.senders.sender import Sender
from tests.waiting import until

STORED_SECONDS = 180.0
DROPPED_SECONDS = 30.0
"""For what a sender sends that may have dropped some of it."""
_SHOWN = 3


@dataclass
class Account:
    """What became of `records`. `lost` are those that the sender did not give up; `unequal` says how records differ from what was
    sent. `repeated` requests came again, as their answer was lost."""

    records: int
    faults: Counter[str]
    stored: int = 0
    lost: list[int] = field(default_factory=list)
    twice: list[int] = field(default_factory=list)
    given_up: int = 0
    unequal: list[str] = field(default_factory=list)
    dead: int = 0
    repeated: int = 0

    @property
    def is_good(self) -> bool:
        """Whether every record is stored once, as it was sent."""
        return not (self.lost or self.twice or self.given_up or self.unequal or self.dead)

    def __str__(self) -> str:
        kills = sum(count for name, count in self.faults.items() if not name.startswith("exit"))
        counts = ", ".join(f"{count} × {name}" for name, count in self.faults.most_common())
        said = [
            f"{self.records:,} records, {kills} faults ({counts}): {self.stored:,} stored",
            f"{self.repeated:,} requests came again",
            f"lost {len(self.lost)} {self.lost[:_SHOWN]}",
            f"twice {len(self.twice)} {self.twice[:_SHOWN]}",
            f"given up by the sender {self.given_up}",
            f"dead letters {self.dead}",
            f"{len(self.unequal)} values unequal {self.unequal[:_SHOWN]}",
        ]
        return " · ".join(said)


async def run_trial(
    cluster: ReceiverCluster,
    sender: Sender,
    load: Load,
    *,
    seed: int,
    every_seconds: float,
    most_faults: int = 1_000,
    weights: Mapping[str, int] = WEIGHTS,
) -> Account:
    """Start everything, send while faults come, and wait until all is stored that was acknowledged. `weights`: see `Faults`."""
    cluster.start()
    for name in cluster.receiver_names:
        await until(lambda name=name: _takes(cluster, name))  # type: ignore[misc]
    folder = cluster.folder / "sender"
    folder.mkdir()
    process = sender.start(cluster, load, folder)
    faults = Faults(cluster, seed, every_seconds, weights)
    try:
        sending = asyncio.create_task(_sent(sender, load, folder, process))
        await faults.run(sending, most_faults)
        await sending
        given_up = _given_up(folder)
        await _until_stored(cluster, sender, set(range(load.records)) - given_up)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    account = _account(await cluster.records(), sender, load, given_up, faults.counts)
    account.dead, account.repeated = (await cluster.ledger()).values()
    return account


async def _takes(cluster: ReceiverCluster, name: str) -> bool:
    output = cluster.folder / f"{name}.out"
    return output.exists() and "the receiver takes records" in output.read_text()


async def _sent(sender: Sender, load: Load, folder: Path, process: Any) -> None:
    if sender.feed is not None:
        await sender.feed(load, folder)
        code = process.poll() or 0
    else:
        code = await asyncio.to_thread(process.wait)
    assert code == 0, f"the sender ended with {code}: {(folder / 'sender.out').read_text()[-2_000:]}"


def _given_up(folder: Path) -> set[int]:
    file = folder / "given-up"
    return set(map(int, file.read_text().split())) if file.exists() else set()


async def _until_stored(cluster: ReceiverCluster, sender: Sender, wanted: set[int]) -> None:
    """Wait until all of it is stored, or for long enough."""
    ends = time.monotonic() + (STORED_SECONDS if sender.repeats else DROPPED_SECONDS)
    while time.monotonic() < ends:
        bodies = await cluster.bodies_counted()
        if wanted <= set(map(number_of, bodies)) if sender.is_numbered else bodies.total() >= len(wanted):
            return
        await asyncio.sleep(0.5)


def _numbers(rows: list[dict[str, Any]], sender: Sender) -> list[int]:
    """Of the records that these rows are."""
    if sender.is_numbered:
        return [number_of(row["body"]) for row in rows]
    places = {moment: place for place, moment in enumerate(sorted({row["time"] for row in rows}))}
    return [places[row["time"]] for row in rows]


def _account(
    rows: list[dict[str, Any]], sender: Sender, load: Load, given_up: set[int], faults: Counter[str]
) -> Account:
    account = Account(load.records, faults, stored=len(rows))
    numbers = _numbers(rows, sender)
    times = Counter(numbers)
    for number, row in zip(numbers, rows, strict=True):
        for name, value in sender.carries(record_of(number, load.began)).items():
            if row[name] != value:
                account.unequal.append(f"{number}: {name} is {row[name]!r}, not {value!r}")
    account.lost = [number for number in range(load.records) if not times[number] and number not in given_up]
    account.given_up = sum(not times[number] for number in given_up)
    account.twice = [number for number, count in times.items() if count > 1]
    return account
