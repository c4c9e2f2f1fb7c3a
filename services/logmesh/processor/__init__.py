"""Takes batches in, makes them durable, stores them exactly once.

Append ─► ingest ─► wal ─► writer ─┬─► prepare (columns → COPY rows)
Write  ─► write ───►  │            ├─► flush   (COPY + ledger, one transaction)
                      │            └─► recent  (traces of the last minutes, to Redis)
          Logged ◄────┤   Committed ◄── settle
Tail ◄── fanout ◄─────┘
"""
