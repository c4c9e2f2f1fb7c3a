"""A producer whose machine was put back together with its memory, or copied while it ran: ``python -m tests.faults.woken_producer``.

It is a process of its own all the same, so what that memory held comes from the spool's folder: instead of a lane of its own it
goes on with the one that took batches last.
"""

import runpy

from logmesh.client.delivering.spool import Spool

_recover = Spool._recover


def _recover_as_remembered(self: Spool) -> None:
    _recover(self)
    lanes, last = self._lanes, self.last_place()
    lane, seq = lanes.at(last)
    if last == 0 or lanes._lanes[-2] is not lane or seq != lane.last_seq:
        return  # it holds no batch of that lane
    lanes._lanes.pop()
    lanes._offsets.pop()
    lane.is_open, lane.chain = True, self._batches[last].chain or 0
    self._save_checkpoint()


if __name__ == "__main__":
    Spool._recover = _recover_as_remembered  # type: ignore[method-assign]  # a process of its own
    runpy.run_module("logmesh.producer", run_name="__main__")
