"""From the write-ahead log into the database, exactly once. A room a module, one verb each; groups of batches walk through.

put ─► gather ─► resolve ─► prepare ─► flush ─► settle ─► acknowledgements
          ▲     (numbers)  (COPY rows)   │
          └── spools that somebody else has locked

The next group is resolved and prepared while the one before is flushed; there are never more than these two. Each room has a
timer and a time after which it counts as overdue (`runtime/steps`), and each wait for the database a deadline (`database`).
"""

from logmesh.processor.writer.writer import Writer

__all__ = ["Writer"]
