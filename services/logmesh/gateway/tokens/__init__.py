"""Tokens of senders: administrators make, list and revoke them, and receivers ask by what good ones are known.

create, list, revoke ─► database ◄─ list digests
"""
