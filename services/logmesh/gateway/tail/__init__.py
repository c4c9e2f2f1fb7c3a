"""A live tail over all processors that survives what happens to any of them, and to the gateway.

processors (live, pushed-down filter) ──► outbox, bounded ─┐
store (what nobody showed live) ────────► lane, paced ─────┴─► frames, heartbeats, a resume token on each

Why no record is missing and none comes twice, in four steps:

1. A record's position in its spool is known when it is logged and never changes, so live and stored records are told apart by
   numbers alone. A processor says which positions it has *looked at*, matching or not.
2. The ledger's committed ranges change in the transaction that stores the rows. So "committed and not yet dealt with" is a
   difference of two sets of positions (`coverage`), whatever the order in which processors commit, and whoever was away. What is
   in it for two readings of the ledger on end is loaded from the store; from then on it counts as dealt with, and what a
   processor still says of it is dropped.
3. To look at few spools and rows, a tail keeps a *watermark*: all that was received before it has been dealt with. `received`
   is the start of the storing transaction, so the watermark stays `OVERLAP` behind the clock of the database. That a flush
   takes less from its first statement to its commit is the only assumption.
4. The token is the watermark and the positions that were dealt with since, as far as they were *written to the client*, and
   where a load from the store stands (`standing`). Another gateway goes on from it as if it had been there.

What a slow client loses is dropped from the outbox and counted in a gap, and its positions count as dealt with.
"""
