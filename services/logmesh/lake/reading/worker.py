"""The process that reads files: `python -m logmesh.lake.reading.worker FD FOLDER MEMORY_MIB`.

One thread runs statements; another hears the socket `FD`, so that a statement can be stopped, and the process ends with whoever started
it, whatever it is doing then.
"""

import os
import pickle
import queue
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pyarrow as pa

from logmesh.lake.reading import frames
from logmesh.lake.reading.engine import Engine, bound_memory
from logmesh.lake.reading.errors import ReadError, TooLarge
from logmesh.lake.reading.statement import Statement
from logmesh.runtime.memory import return_large_blocks

_MOST_BATCH_BYTES: Final = 4 << 20
_LARGE_BYTES: Final = 1 << 20


def main() -> None:
    """Serve the socket until it is closed."""
    return_large_blocks(_LARGE_BYTES)
    descriptor, folder, memory_mib = sys.argv[1:]
    asker = socket.socket(fileno=int(descriptor))
    engine = Engine(Path(folder), int(memory_mib))
    # Twice: what Python and Arrow hold of an answer is theirs beside what DuckDB counts.
    bound_memory(2 * int(memory_mib))
    statements: queue.SimpleQueue[Statement] = queue.SimpleQueue()
    threading.Thread(target=_hear, args=(asker, engine, statements), daemon=True).start()
    asker.sendall(frames.frame(frames.READY))
    while True:
        asker.sendall(_serve(asker, engine, statements.get()))


def _serve(asker: socket.socket, engine: Engine, statement: Statement) -> bytes:
    """Send what a statement finds; return the frame that ends it."""
    try:
        for batch in engine.run(statement):
            for piece in _pieces(batch):
                asker.sendall(frames.frame(frames.BATCH, piece))
    except ReadError as error:
        return frames.frame(frames.ERROR, pickle.dumps(error))
    except MemoryError:  # Arrow's own, while an answer is written
        return frames.frame(frames.ERROR, pickle.dumps(TooLarge("an answer needs more memory than a worker may have")))
    return frames.frame(frames.END)


def _pieces(batch: pa.RecordBatch) -> Iterator[bytes]:
    """A batch in Arrow's stream format, cut so that none has much more than the most bytes."""
    parts = -(-batch.nbytes // _MOST_BATCH_BYTES) or 1
    rows = -(-batch.num_rows // parts) or 1
    for begin in range(0, max(batch.num_rows, 1), rows):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch.slice(begin, rows))
        yield sink.getvalue().to_pybytes()


def _hear(asker: socket.socket, engine: Engine, statements: "queue.SimpleQueue[Statement]") -> None:
    try:
        with asker.makefile("rb") as stream:
            while head := stream.read(frames.HEAD.size):
                length, kind = frames.HEAD.unpack(head)
                content = stream.read(length)
                if kind == frames.ASK:
                    statements.put(pickle.loads(content))  # noqa: S301  # from the process that started this one
                else:
                    engine.stop()
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
