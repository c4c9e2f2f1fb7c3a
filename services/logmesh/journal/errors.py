"""What can go wrong with a journal, and who has to do something about it.

JournalError
├── JournalFull       no room, or no file descriptor: nothing was acknowledged, try again after frames were released
├── JournalFailed     the disk does not keep its promise: the process must exit without acknowledging
├── JournalCorrupt    one frame can't be read; the others can
├── JournalLocked     another process has the directory
└── JournalAbandoned  whoever opened it does not want it any more; nothing is lost
"""


class JournalError(Exception):
    """Root of everything a journal raises on purpose."""


class JournalFull(JournalError):
    """The journal or its disk has no room for this group, or the process no file descriptor; no frame of it was kept."""


class JournalFailed(JournalError):
    """A synchronisation or a write failed; the journal refuses everything from here on and never tries again."""


class JournalCorrupt(JournalError):
    """The frame asked for is damaged, or no longer there."""


class JournalAbandoned(JournalError):
    """The recovery was told to end before it was through. The next one does it all."""


class JournalLocked(JournalError):
    """The directory is in use; the message names the process."""
