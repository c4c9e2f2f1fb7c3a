"""Why a store does not answer.

StoreError
├── Busy                no room for the question now; it may be asked again
├── TooSlow             no answer within the seconds that it was given
├── Away                the store can't be used just now; waiting mends it
├── NoSchema            the store is not made yet, or is an older release's
├── ReadOnly            the store takes no changes: it is a replica
├── PatternTooComplex   the store's engine refuses a regular expression of the filter
└── Broken              anything else, which waiting does not mend
"""


class StoreError(Exception):
    """The text is a clause for the caller, without the store's internals."""

    @property
    def detail(self) -> str:
        """For a log: what went wrong below."""
        return repr(self.__cause__ or self)


class Busy(StoreError):
    """There is no room for this call now; the text says of what there are too many. It may be made again in `retry_seconds`."""

    def __init__(self, message: str, retry_seconds: float = 1.0) -> None:
        super().__init__(message)
        self.retry_seconds = retry_seconds


class TooSlow(StoreError):
    """There was no answer within the seconds that the question was given."""


class Away(StoreError):
    """The store can't be used just now; the text says why."""


class NoSchema(StoreError):
    """The store is not made yet, or an older state of it has come in its place."""


class ReadOnly(StoreError):
    """The store takes no changes."""


class PatternTooComplex(StoreError):
    """A regular expression of the filter is more than the store's engine takes."""


class Broken(StoreError):
    """The question failed, and would fail again; the text names the kind of failure."""
