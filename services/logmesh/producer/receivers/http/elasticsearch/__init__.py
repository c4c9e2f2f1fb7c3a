"""Elasticsearch's bulk and single documents, and what its clients ask before they send.

bulk (an action and a document a line)  ->  documents (message, time, level, trace; whose it is; the rest)  ->  Received and items
handshakes (version, licence, templates: what lets an agent start)
"""
