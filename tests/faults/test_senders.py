"""What real senders send is stored once and as it was, whoever is killed behind their address."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.senders.cluster import ReceiverCluster
from tests.faults.senders.commands import SENDERS
from tests.faults.senders.load import Load
from tests.faults.senders.trial import run_trial
from tests.needs import require

LOAD = Load(records=4_000, seconds=10, began=time.time_ns() // 1_000 * 1_000)
FAULTS = 12


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[ReceiverCluster]:
    cluster = ReceiverCluster(tmp_path)
    yield cluster
    cluster.stop()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", list(SENDERS))
async def test_kills_behind_a_sender_lose_and_repeat_nothing(cluster: ReceiverCluster, name: str) -> None:
    if SENDERS[name].needs:
        require(SENDERS[name].needs)
    account = await run_trial(cluster, SENDERS[name], LOAD, seed=1, every_seconds=0.8, most_faults=FAULTS)
    if SENDERS[name].repeats:
        assert account.is_good and account.stored == LOAD.records, account
    if name.startswith("otel-"):  # others may start after the first fault, which sees to this
        assert account.repeated, "the first request was kept by a receiver that did not answer"
    assert not (account.twice or account.unequal or account.dead), account
