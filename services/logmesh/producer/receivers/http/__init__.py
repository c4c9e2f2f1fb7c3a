"""The doors that speak HTTP: lines, Loki's push, Elasticsearch's bulk. Each reads what its protocol says, and answers as it would.

server (connections, limits)  ->  body (bounded, unpacked)  ->  lines · loki · elasticsearch  ->  Received  ->  Inlet  ->  answer
"""
