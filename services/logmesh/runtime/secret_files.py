"""Files that only their owner may read, replaced as a whole."""

import os
from pathlib import Path


def write_secret(path: Path, content: bytes) -> None:
    """Write a file of mode 600 at once and durably: a reader sees the old content or the new, and nobody else ever sees either.

    Raises OSError.
    """
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    # One of before may have been left behind, with any mode.
    scratch.unlink(missing_ok=True)
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
