"""The lake: records kept as columns, in Parquet files that a catalog in PostgreSQL knows, and few of them as rows beside it.

batches ─► writing (attributes ─► columns ─► file) ─► files ◄─ reading
                                  └► hot rows ─► tending (seal)

A file holds records of one tenant and is never changed. `schema` and `layout` say what is in one, `folder` where it lies, `counts` and
`bloom` what the catalog says of it; who writes files and who reads them know no more of each other.
"""
