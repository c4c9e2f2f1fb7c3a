"""From checked batches to a durable file.

batches ─► attributes ─► columns ─► file
          (one form)    (Arrow)    (Parquet, synchronised)

Nobody behind this looks at texts again, and one invalid byte, or one text that is no JSON, makes a whole file unreadable for the engine
that asks it: what is written here must be well.
"""
