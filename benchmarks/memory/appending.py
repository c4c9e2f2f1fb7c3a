"""A process of appenders that append as fast as they may; ends when all is committed. What it does its environment says.

Each stores one record, and goes on when the file GO is there: so all streams are open before the first is in a hurry.
"""

import os
import threading
import time
from pathlib import Path

from logmesh.client import Appender, Record

_MAX_BYTES = 8 << 20
_SECONDS = 900


def _append(target: str, number: int, records: int, go: Path) -> None:
    with Appender(target, service=f"service-{number}", max_bytes=_MAX_BYTES) as appender:
        for at in range(records):
            if at == 1:
                appender.flush(_SECONDS)
                while not go.exists():
                    time.sleep(0.1)
            body = f"request {at:07} of {os.getpid()} answered with 200 by upstream cart-5d4f in 12 ms ".ljust(400, "x")
            appender.append(Record(body=body, attributes={"path": "/cart/checkout", "user": at}), timeout=_SECONDS)
        appender.flush(_SECONDS)


if __name__ == "__main__":
    threads = [
        threading.Thread(
            target=_append,
            args=(os.environ["TARGET"], number, int(os.environ["RECORDS"]), Path(os.environ["GO"])),
        )
        for number in range(int(os.environ["APPENDERS"]))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
