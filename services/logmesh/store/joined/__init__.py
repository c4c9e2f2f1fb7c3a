"""Two stores asked as one: an older one, whose records age out, and the one that is written to beside it.

question ─► JoinedStore ─┬─► newer ────────────────────────────────► its answer ─┬─► one answer: records in their order, sums
                         └─► times of the older: none of the question's? stop.   │
                                 └─► older ────────────────────────► its answer ─┘

A record is in one of them and stays there, so what both say is never the same record twice. Figures are as exact as those of the two:
what one of them does not name and the other does is asked for by name. They are asked one after the other, since a question may
have one connection at a time.
"""
