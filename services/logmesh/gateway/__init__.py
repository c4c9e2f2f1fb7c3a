"""What answers the API: a room a service, each with a file an RPC, and the rooms that they share.

query/       QueryService: searches, counts, traces; questions about records
pipeline/    PipelineService: the ledger, the processors, what is lost
tail/        TailService: live records, and those that the store has besides
callers/     who may call, whose records the call may see, and how many calls run at once
requests/    what requests have in common, read and checked: ranges, limits, page tokens
walking/     a range, window by window, newest first
figures/     pure arithmetic of answers: buckets, most frequent values, rises, templates of bodies
processors/  every processor that there is, and what each says of itself
answers/     what goes out: statuses, JSON, files

A call passes `process` (the server) ──► `callers` ──► its service ──► the file of its RPC ──► the store.
"""
