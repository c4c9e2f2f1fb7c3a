"""The lake as a store of the writer: prepare (checks, columns) ─► flush (files, hot rows, one transaction with the ledger)."""

from logmesh.processor.writer.lake.flush import Lake

__all__ = ["Lake"]
