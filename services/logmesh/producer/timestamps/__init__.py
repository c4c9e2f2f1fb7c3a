"""Finds the time that a line was logged at, in whatever way loggers write it. Nothing here raises, whatever the digits say.

    calendar · zones  ->  clock (one a stream)  ->  kinds  ->  places (plain lines) · fields (JSON, logfmt)

Nanoseconds since 1970, 0 where there is no time. Where a line names no zone it is in its clock's; where it lacks the year
it is in the one that brings it nearest before the time of reading.
"""
