"""Asks a gateway: search, counts, traces, the pipeline's state, and tails, for programs that wait and for asyncio.

client ─► requests ─► gateway ─► results, pipeline     search ─► paging     tail ─► following (a token, after any break)

Of what is there as `async_…` and `sync_…`, the latter is made from the former by scripts/blocking_client.py, but for
`async_stream` and `sync_stream`, where asyncio and threads differ.
"""
