"""Logs of containers that are rotated while their agent is killed: a small one of `tests.faults.torture`."""

from pathlib import Path

import pytest
from tests.faults.container_writers import Rotation
from tests.faults.torture import Torture


@pytest.mark.timeout(300)
@pytest.mark.parametrize("rotation", ["rename", "copytruncate"])
async def test_rotation_and_kills_of_the_agent_lose_and_repeat_nothing(tmp_path: Path, rotation: Rotation) -> None:
    torture = Torture(tmp_path, writers=5, lines=5_000, rate=1_000, rotation=rotation)
    try:
        result = await torture.run(kills=2, rotate_seconds=1.0, kill_seconds=1.5)
    finally:
        torture.cluster.stop()
    assert result.rotations >= 15 and result.kills == 2
    assert result.is_exact, str(result)
    if rotation == "rename":
        assert not result.destroyed, str(result)
