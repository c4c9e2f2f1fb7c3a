"""What stops the local system from starting. Each is one line for a person."""


class LocalError(Exception):
    """The local system can't start or go on; the message says why and, where there is one, what to do about it."""

    exit_code = 1


class WrongOption(LocalError):
    """The command was given a value that it can't mean."""

    exit_code = 2
