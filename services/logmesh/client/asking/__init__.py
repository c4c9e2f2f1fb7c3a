"""Asks a gateway: search, counts, traces, the pipeline's state, and tails, for programs that wait and for asyncio.

sync_client, async_client ──► requests ─► gateway ─► results        sync_tail, async_tail ─► following (a token, after any break)
"""
