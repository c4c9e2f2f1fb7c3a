"""``make bench-memory``: what each process holds under loads that would once have ended it, and that nothing is lost under them.

A load is a module with `run(fleet, options)`: it starts what it needs, breaks what it wants to, and raises `Wrong` when what
is stored is not what was sent. Memory is the kernel's own high-water mark of what is resident (VmHWM); for PostgreSQL, whose
processes share their buffers, the most anonymous memory that any of them was seen with.
"""
