"""``make bench-growth``: what a lake costs when it has grown, in CPU time of all that work on it.

- `records`: a month of one tenant, asked again whenever it has become larger;
- `tenants`: a thousand of them with a record a second each, for ten minutes;
- `instances`: fifty thousand in a day, each with a spool of its own.

Batches are flushed as a processor's writer flushes them, but for its log, and the lake is tended by a keeper's rounds, all in this
process; times are simulated, the files, the catalog and the questions are real.
"""
