"""One thread appends while others read and release."""

import queue
import threading
from collections.abc import Callable
from pathlib import Path

from logmesh.journal import FrameRef, Journal, JournalFull

GROUPS = 400


def payload_of(number: int) -> bytes:
    return b"%06d" % number * (1 + number % 200)


def test_readers_and_releases_do_not_disturb_the_appending_thread(tmp_path: Path) -> None:
    errors: list[BaseException] = []
    appended: queue.SimpleQueue[tuple[FrameRef, int] | None] = queue.SimpleQueue()

    def watched(work: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - a thread's error is the test's result
                errors.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    with Journal.open(tmp_path, segment_bytes=16384, max_bytes=8 * 16384) as journal:
        stopped = threading.Event()

        def append() -> None:
            number = 0
            try:
                while number < GROUPS * 3 and not errors:
                    try:
                        refs = journal.append([[payload_of(number + item)] for item in range(3)])
                    except JournalFull:
                        stopped.wait(0.001)
                        continue
                    for item, ref in enumerate(refs):
                        appended.put((ref, number + item))
                    number += 3
            finally:
                appended.put(None)

        def read_and_release() -> None:
            while (item := appended.get()) is not None:
                ref, number = item
                assert journal.read(ref) == payload_of(number)
                journal.release([ref])

        def look_around() -> None:
            while not stopped.wait(0.001):
                for _, payload in journal.frames():
                    assert payload == payload_of(int(payload[:6]))
                assert 0 <= journal.fill() <= 1
                journal.starts_segment(1000)

        workers = [watched(append), watched(read_and_release)]
        looker = watched(look_around)
        for worker in workers:
            worker.join(60)
        stopped.set()
        looker.join(10)
        assert not errors
        assert list(journal.frames()) == []
        assert not journal.quarantined
        assert journal.bytes_used() <= 3 * 16384  # the active one, the next, the spare
