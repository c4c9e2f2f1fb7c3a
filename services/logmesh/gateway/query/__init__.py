"""QueryService: `service` has a method an RPC, and each is answered by the file of that name.

request ──► read and checked (`requests`, filters) ──► asked of the store, often window by window (`walking`) ──► answer
"""
