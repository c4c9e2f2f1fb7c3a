"""Why a request is refused, and how HTTP says it. How the rest of an answer looks is each protocol's own."""

import math
from typing import Final, NamedTuple

from logmesh.producer.receivers.credentials import Forbidden, Unauthenticated
from logmesh.producer.receivers.received import Overloaded, RequestRefused

_UNAUTHENTICATED: Final = 401


class TooLarge(RequestRefused):
    """It is larger than a request may be."""


class UnknownMediaType(RequestRefused):
    """Its type, its encoding or its charset is none that is read here."""


class TooSlow(Exception):
    """Its body did not come in time."""


class Refusal(NamedTuple):
    """A status, one word for metrics, and a sentence for the sender."""

    status: int
    reason: str
    message: str
    retry_after_seconds: float = 0.0
    allowed: str = ""
    """Methods, where it is the method that is refused."""

    @property
    def headers(self) -> dict[str, str]:
        """What the answer has beside its body."""
        headers = {"Retry-After": str(math.ceil(self.retry_after_seconds))} if self.retry_after_seconds else {}
        if self.allowed:
            headers["Allow"] = self.allowed
        if self.status == _UNAUTHENTICATED:
            headers["WWW-Authenticate"] = 'Bearer realm="logmesh", Basic realm="logmesh"'
        return headers


REFUSED: Final = (RequestRefused, Overloaded, TooSlow)
"""What a request is refused for, whoever sends it."""


def refusal_of(error: Exception) -> Refusal:
    """How an error of these is answered."""
    message = str(error)
    match error:
        case TooLarge():
            return Refusal(413, "too_large", message)
        case UnknownMediaType():
            return Refusal(415, "media_type", message)
        case TooSlow():
            return Refusal(408, "too_slow", message)
        case Overloaded():
            return Refusal(429, "overload", message, error.retry_after_seconds)
        case Unauthenticated():
            return Refusal(_UNAUTHENTICATED, error.reason, message)
        case Forbidden():
            return Refusal(403, error.reason, message)
        case _:
            return Refusal(400, "invalid", message)
