"""Answers: a filter and a time range in, records out.

SearchRequest ──► filters ──► search (windows, newest first) ──► PostgreSQL (view logmesh.records) ──► stream of rows
"""
