"""What every door has in common."""

from typing import Protocol


class Door(Protocol):
    """A port, or two, that records come in at."""

    async def start(self) -> None:
        """Listen. Raises OSError where that can't be."""
        ...

    async def drain(self) -> None:
        """Take nothing more, answer what has come in, and close. It takes some seconds at most."""
        ...
