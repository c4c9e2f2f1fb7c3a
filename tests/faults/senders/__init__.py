"""Senders as people run them, whose receivers and processors are killed: what they sent must be stored once, as it was.

sender ──► balancer (one address) ──► two receivers ──► two processors ──► PostgreSQL, all of it killed again and again
"""
