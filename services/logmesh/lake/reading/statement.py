"""A statement for a worker: what travels from the process that asks to the one that reads."""

from dataclasses import dataclass, field

import pyarrow as pa

from logmesh.lake.reading.binding import Question


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as the catalog knows it: where it is, how many bytes it has, and their CRC32C."""

    path: str
    size: int
    crc32c: int


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with its parameters, numbered from 1, the questions that it asks of Python, every file that it reads, and a table that it may
    call `given`: as a parameter, a list takes 5 µs a value.

    More `threads` than one answer sooner where much is read, and cost more where little is. What `reads_ahead` does so on one thread.
    """

    sql: str
    parameters: list[object] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    files: list[StoredFile] = field(default_factory=list)
    threads: int = 1
    given: pa.Table | None = None
    reads_ahead: bool = False
