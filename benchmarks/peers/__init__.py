"""``make bench-peers``: the same records to another log server and to Logmesh's lake, and the same questions to both.

    make bench-peers ARGS="--victoria-logs /path/to/victoria-logs"

CPU time is that of all of a server's processes, user and system: of VictoriaLogs its one, of Logmesh a processor, a gateway with
its reading processes, the lake's keeper and PostgreSQL. Each run starts servers anew with empty folders, the peers in turn; figures
are medians of the runs. VictoriaLogs gets OTLP over HTTP, which costs it less than JSON lines; Logmesh its own streams, or with
``--otlp`` the same requests over gRPC by a receiver, whose CPU time counts with the others'.

Ingest ends when all is on the disk and to be asked for. It leaves out the keeper, which is a process of its own and merges when it
may; settled is a server that has nothing left to merge, and leaves out nothing. VictoriaLogs searches words with their case, and
Logmesh texts in any case: each is asked as its users ask.

day ─► batches ─► victorialogs | logmesh | receiving ─► run ─► report
"""
