"""Why a request is refused, as HTTP says it."""

from logmesh.producer.receivers.received import RequestRefused


class TooLarge(RequestRefused):
    """It is larger than a request may be (413)."""


class UnknownMediaType(RequestRefused):
    """Its type, its encoding or its charset is none that is read here (415)."""


class TooSlow(Exception):
    """Its body did not come in time (408)."""
