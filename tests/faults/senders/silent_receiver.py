"""A receiver that is killed when the first request is durable in its spool, before the sender is answered:
``python -m tests.faults.senders.silent_receiver``.
"""

import os
import signal
import sys
from typing import Any

from logmesh.client.delivering.spool import Spool
from logmesh.producer.__main__ import main

_append_all = Spool.append_all


def _append_and_die(spool: Spool, *values: Any, **named: Any) -> None:
    _append_all(spool, *values, **named)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    Spool.append_all = _append_and_die  # type: ignore[method-assign,assignment]  # it returns to nobody
    sys.exit(main())
