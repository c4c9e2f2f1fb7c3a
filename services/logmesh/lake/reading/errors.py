"""Why files could not be read.

ReadError
├── FileGone        a file is not there any more: the catalog knows where its records are now
├── FileDamaged     a file is not what was written; nothing that it says may be believed
├── TooLarge        the statement needs more memory than a worker may have
├── Stopped         the statement was stopped from outside
├── AllBusy         every process that may read has a statement
├── WorkerLost      the process that ran the statement ended
└── Failed          anything else, which asking again does not mend
"""


class ReadError(Exception):
    """The text says what happened; `path` is the file's, empty where no single one is to blame."""

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message, path)
        self.message, self.path = message, path

    def __str__(self) -> str:
        return f"{self.message}: {self.path}" if self.path else self.message


class FileGone(ReadError):
    """A file is not there any more."""


class FileDamaged(ReadError):
    """A file is not what was written."""


class TooLarge(ReadError):
    """The statement needs more memory than a worker may have."""


class Stopped(ReadError):
    """The statement was stopped from outside."""


class AllBusy(ReadError):
    """Every process that may read has a statement."""


class WorkerLost(ReadError):
    """The process that ran the statement ended."""


class Failed(ReadError):
    """The statement failed, and would fail again."""
