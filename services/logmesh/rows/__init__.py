"""Records as rows of PostgreSQL, with or without TimescaleDB: one implementation of `store.Store`.

Store's method ──► RowsStore ──► its file here: statement, parameters ──► reader (a transaction of one tenant) ──► logmesh.records
                                                                                                       └──► logmesh.record_counts
rows ──► record (LogRecord), counts, fetched records

`reader` is also what reads the ledger and notes of flushes, and the only place where PostgreSQL's refusals become errors of `store`.
"""
