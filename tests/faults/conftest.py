"""What tests of disks that lose or fail share."""

from pathlib import Path

import pytest
from tests.faults import power
from tests.needs import missing


@pytest.fixture(scope="session")
def shim() -> Path:
    """What a process is preloaded with whose disk loses or fails."""
    return power.shim() or missing("C compiler")
