"""What can go wrong with a call or an append, and what a caller can do about it.

LogmeshError
├── ConnectionFailed      nobody answers, or the database behind the gateway does not: try again later
├── DeadlineExceeded      it took too long: ask for less, or wait longer
├── Overloaded            there is no room now: try again after `retry_after`
├── InvalidRequest        the question is wrong; the message says what
│   └── InvalidFilter     the filter is: `position`, `expected`, `suggestion`
├── NotFound              what was asked for is not there
├── Unauthenticated       the server wants a token or a certificate, or another one
├── PermissionDenied      it knows who you are, and you may not
├── Unsupported           what answers does not know this call: an older server, or not Logmesh
├── AppendRefused         batches will never be stored: `reasons`
├── SpoolUnavailable      the spool's folder is in use, full, broken, or its disk fails
├── Closed                the client or the appender was closed
└── ServerError           anything else; a defect, as a rule

Wrong arguments are ValueError. The error of gRPC or of the disk is the `__cause__`.
"""

from collections.abc import Sequence
from datetime import timedelta


class LogmeshError(Exception):
    """Root of everything that the client raises on purpose."""


class ConnectionFailed(LogmeshError):
    """The server can't be reached, or can't reach what it needs."""


class DeadlineExceeded(LogmeshError, TimeoutError):
    """No answer within the time that was given."""


class Overloaded(LogmeshError):
    """The server, or this process's own queue, has no room now."""

    def __init__(self, message: str, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """When to try again, as far as the server says."""


class InvalidRequest(LogmeshError, ValueError):
    """The server does not take the request."""


class InvalidFilter(InvalidRequest):
    """The filter can't be understood."""

    def __init__(self, message: str, position: int, expected: Sequence[str] = (), suggestion: str = "") -> None:
        super().__init__(message)
        self.position = position
        """Where it goes wrong, in characters from 0."""
        self.expected = tuple(expected)
        """What could have stood there; may be empty."""
        self.suggestion = suggestion
        """A word that was probably meant; may be empty."""


class NotFound(LogmeshError, LookupError):
    """There is no such trace or record."""


class Unauthenticated(LogmeshError):
    """The server does not know who is asking."""


class PermissionDenied(LogmeshError):
    """The server knows who is asking, and refuses."""


class Unsupported(LogmeshError):
    """The server does not implement the call."""


class AppendRefused(LogmeshError):
    """A processor has refused batches for good, or they were damaged on disk."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = tuple(reasons)
        """One sentence a batch: which, why, and where it is kept."""


class SpoolUnavailable(LogmeshError):
    """The folder of the spool can't be used; the message names it and says why."""


class Closed(LogmeshError):
    """It was closed before."""


class ServerError(LogmeshError):
    """The server failed in a way that has no name here."""
