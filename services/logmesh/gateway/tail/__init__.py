"""A live tail over all processors that survives what happens to any of them, to the gateway, and to the store.

processors (live, pushed-down filter) ──► live ───┐
                                                  ├─► line ──► frames, heartbeats, a resume token on each
store (what nobody showed live) ──► stored, paced ┘
        ▲
readings (one a second for all tails of a tenant)

Why no record is missing and none comes twice, in four steps:

1. A record's position in its spool is known when it is logged and never changes, so live and stored records are told apart by
   numbers alone. A processor says which positions it has *looked at*, matching or not (`heard`).
2. Each flush notes which batches it stored, in its own transaction. A *reading* asks the database for the flushes that its
   snapshot now sees and that an earlier snapshot did not. So each flush is in exactly one reading, however long it took and in
   whatever order others commit: no clock is asked, and a transaction that stays open elsewhere holds up nobody but itself.
3. What is in a reading and was not heard, although the client kept up for a second more, is loaded from the store. What is in
   a reading that was dealt with is dropped when a processor says it late.
4. The token is the last snapshot whose flushes were *written to the client*, what was sent beyond it, and how far a load from
   the store has come (`standing`). Another gateway goes on from it as if it had been there. Snapshots mean something in one
   incarnation of the database only: a token of another one begins with a gap that says so.

The token names what was sent of the last 64 spools. Where more than that send within the second or two between a record's
being logged and its reading, a broken connection shows some records again, under the same ids, which clients leave out.

While the store is away, processors are followed all the same. What a slow client loses is dropped from the ring and counted in
a gap, and its positions count as sent.
"""
