"""When each token was last taken, reported to the gateway about once a minute and at the end: so that people see which nobody needs."""

import time
from typing import Any, Final

import grpc

from logmesh.v1.receiver_service_pb2 import NoteTokenUsesRequest, TokenUse

EVERY_SECONDS: Final = 60.0
_MOST: Final = 10_000
"""Of one report; there are no more than there are tokens."""
_SECONDS: Final = 5.0


class TokenUses:
    """Of one event loop."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._next_report = 0.0

    def note(self, token_id: str) -> None:
        """The token was taken just now."""
        self._last[token_id] = time.time_ns()

    async def report(self, stub: Any, *, last: bool = False) -> None:
        """Tell the gateway, where it is time to, and for the last time at once. What it can't be told now it is told with the next
        report."""
        if not self._last or (time.monotonic() < self._next_report and not last):
            return
        self._next_report = time.monotonic() + EVERY_SECONDS
        told = dict(list(self._last.items())[:_MOST])
        request = NoteTokenUsesRequest(uses=[_use(token_id, at) for token_id, at in told.items()])
        try:
            await stub.NoteTokenUses(request, timeout=_SECONDS)
        except grpc.aio.AioRpcError:  # the question for the list, which comes more often, says what is wrong
            return
        self._last = {token_id: at for token_id, at in self._last.items() if told.get(token_id) != at}


def _use(token_id: str, at_unix_nano: int) -> TokenUse:
    use = TokenUse(id=token_id)
    use.use_time.FromNanoseconds(at_unix_nano)
    return use
