"""Answers: a filter and a time range in, records out.

SearchRequest ──► filters ──► search (windows, newest first) ──► PostgreSQL (view logmesh.records) ──► stream of rows
TailRequest ────► filters ──► tail (every processor, and what the store has besides) ──────────────────► frames
"""
