"""Records in both of their shapes: one by one as people see them, and column by column as they travel.

LogRecord <-> LogColumns (columns, attributes) -> Batch (batch); severity, ids and limits hold for both.
"""
