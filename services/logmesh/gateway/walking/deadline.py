"""Until when a question may take, by the monotonic clock."""

import time


def seconds_left(deadline: float) -> float:
    """Seconds until `deadline` of time.monotonic; never none, for then a store would not even say that it is too slow."""
    return max(0.001, deadline - time.monotonic())
