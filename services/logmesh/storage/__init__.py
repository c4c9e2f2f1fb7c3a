"""The database: its schema and migrations, the ledger that makes storing exactly-once, and COPY rows.

batch ──► copy_rows ──► flush ─┬─► logmesh.logs, logmesh.dead_letters
                               └─► logmesh.spools (the ledger), in the same transaction
"""
