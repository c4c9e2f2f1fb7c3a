"""Files that only their owner may read, replaced as a whole."""

import os
from pathlib import Path


def write_secret(path: Path, content: bytes) -> None:
    """Write a file of mode 600 at once: a reader sees the old content or the new, and nobody else ever sees either."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
