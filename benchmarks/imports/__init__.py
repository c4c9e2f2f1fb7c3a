"""``make bench-imports``: files that are shipped into a lake long after they were written.

    make bench-imports ARGS="--samples FOLDER --gigabytes 2"

Of samples, such as the files `*_2k.log` of Loghub, each is shipped by itself and must be found at its own days; of one large file of
JSON lines, made here, it prints the rate, the memory of the process that ships, and bytes on the disk beside the file's. All of it
on a `logmesh up` of its own.
"""
