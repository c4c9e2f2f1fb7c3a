"""What keeps records, as those who ask see it: values and a filter's tree go in, records and figures come out.

a question (`gateway.query`) ──► Store ──┬─► rows: records as rows of PostgreSQL
                                         └─► (the same interface, wherever else records are)

Above the interface is what concerns questions: which window is looked at next, pages, limits, what is said of figures. Below it is
what concerns places: statements, files, indexes, and what was counted beforehand. `tests/contract/store` holds every store to it.

Order: records stand by (time, spool, position), a time in nanoseconds since 1970. That is unique and never changes, so that windows
of a range are disjoint and a page goes on behind any record.
"""
