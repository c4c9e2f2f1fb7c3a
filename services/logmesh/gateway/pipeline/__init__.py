"""PipelineService: `service` has a method an RPC, and each is answered by the file of that name.

What the ledger says comes from the database (`ledger`, in `pages`), and what processors say from each of them (`processors`).
"""
