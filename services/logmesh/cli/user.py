"""Who gives a command."""

import getpass


def user_name() -> str:
    """The name of the user, as far as the system knows it; empty where it does not."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
