"""Syslog of RFC 5424 and RFC 3164, as daemons and devices send it over UDP, TCP and TLS.

bytes of a connection  ->  framing  ->  messages (headers, attributes)  ->  the inlet
"""
