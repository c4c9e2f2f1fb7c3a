"""The lake as a store: files that a catalog knows, and rows that are too few for a file, asked together.

a question ─► asking ─┬─► catalog (files) ─► plan ─► statements ─► reading.workers ─┬─► answer
                      └─► hot (rows, one snapshot with the catalog) ────────────────┘

A record is in one place, a file or a row, and changes it in one commit. So a question reads the catalog and the rows in one snapshot,
and files after it: a file never changes, and one that is gone meanwhile has the question planned again.
"""
