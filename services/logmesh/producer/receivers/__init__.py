"""A producer whose source is what others send: doors of several protocols, and one way from all of them into spools.

doors (otlp · http · syslog)  ->  Received  ->  inlet (cut, name the request)  ->  outlet of the tenant: spool, one fdatasync for all
that waits  ->  the sender's answer
                                                                                       `-> forwarder -> processors

What was acknowledged survives the death of this process and of its machine's power; from the spool on it is stored exactly once.
"""
