"""Frames between a worker and whoever asks it: four bytes of length, one of kind, and the content.

To a worker: a pickled statement, or the wish that it stop. From it: batches as Arrow's stream format, then an end or a pickled error.
Both ends are one release's, of one user; nothing of this is ever on a network.
"""

import struct
from typing import Final

HEAD: Final = struct.Struct("<IB")

ASK: Final = 1
STOP: Final = 2
READY: Final = 3
BATCH: Final = 4
END: Final = 5
ERROR: Final = 6


def frame(kind: int, content: bytes = b"") -> bytes:
    """One frame."""
    return HEAD.pack(len(content), kind) + content
