"""DuckDB in a worker: jailed to the lake's folder, bounded in memory, and never reading a file whose bytes are not those written.

It checks no checksum itself: of 60 files with one flipped bit, 36 gave a wrong answer without a word.
"""

import os
import re
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import duckdb
import google_crc32c
import pyarrow as pa

from logmesh.lake.reading.answers import Answers
from logmesh.lake.reading.errors import Failed, FileDamaged, FileGone, ReadError, Stopped, TooLarge
from logmesh.lake.reading.statement import Statement, StoredFile

MOST_THREADS: Final = 2
BATCH_ROWS: Final = 2_048
_PIECE_BYTES: Final = 1 << 20
_OUT_OF_MEMORY: Final = "Out of Memory Error"
_GIVEN: Final = "given"
_MOST_CHECKED: Final = 100_000
_SETTINGS: Final = (
    "SET parquet_metadata_cache = true",
    # At the default of 50 rows, the newest 100 are found by reading all columns of all.
    "SET late_materialization_max_rows = 10000",
    "SET temp_directory = ''",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)


class _Way(NamedTuple):
    """How statements are run that one connection is for."""

    threads: int
    reads_ahead: bool = False


# Reading ahead costs a local file a tenth and more with one thread, and gains nothing with two. But where no index says which pages
# are needed, DuckDB reads the heads of all others byte by byte without it.
_WAYS: Final = (*(_Way(threads) for threads in range(1, MOST_THREADS + 1)), _Way(1, reads_ahead=True))


class Engine:
    """Runs a statement at a time. `stop` may be called from any thread."""

    def __init__(self, folder: Path, memory_mib: int) -> None:
        self._connections = {way: _open(folder, way, memory_mib) for way in _WAYS}
        self._answers = {way: Answers(connection) for way, connection in self._connections.items()}
        self._checked: dict[StoredFile, tuple[int, ...]] = {}
        self._running: duckdb.DuckDBPyConnection | None = None
        self._stopped = False

    def run(self, statement: Statement) -> Iterator[pa.RecordBatch]:
        """Yield what it finds, at least one batch, which may be empty. Raises ReadError."""
        self._stopped = False
        way = _Way(1 if statement.reads_ahead else min(statement.threads, MOST_THREADS), statement.reads_ahead)
        self._running = self._connections[way]
        try:
            for file in statement.files:
                self._check(file)
            self._answers[way].prepare(statement.questions)
            if statement.given is not None:
                self._running.register(_GIVEN, statement.given)
            yield from self._batches(self._running, statement)
        except (duckdb.Error, pa.ArrowException, MemoryError, OSError) as error:
            raise self._meaning(error, statement) from error
        finally:
            if statement.given is not None:
                self._connections[way].unregister(_GIVEN)
            self._running = None

    def stop(self) -> None:
        """Have the statement that runs end soon, as Stopped."""
        self._stopped = True
        if (running := self._running) is not None:
            running.interrupt()

    def _batches(self, connection: duckdb.DuckDBPyConnection, statement: Statement) -> Iterator[pa.RecordBatch]:
        self._go_on()
        # As `sql(…).to_arrow_reader(…)`, which plans a statement twice: once for a relation's columns. After `execute` rows are copied,
        # and what is interrupted has to be ended.
        reader = connection._submit(statement.sql, statement.parameters or None, "stream", BATCH_ROWS).arrow_reader()
        empty = True
        for batch in reader:
            empty = False
            yield batch
        if empty:
            yield pa.RecordBatch.from_arrays(
                [pa.array([], field.type) for field in reader.schema], schema=reader.schema
            )

    def _check(self, file: StoredFile) -> None:
        """Raise FileGone or FileDamaged unless the bytes were found to be those written, now or when the file was opened before."""
        self._go_on()
        try:
            with Path(file.path).open("rb") as opened:
                state = os.fstat(opened.fileno())
                # The time of the last change of anything: a program that copies files puts the other one back.
                identity = state.st_dev, state.st_ino, state.st_size, state.st_ctime_ns
                if self._checked.get(file) == identity:
                    return
                checksum = 0
                while piece := opened.read(_PIECE_BYTES):
                    checksum = google_crc32c.extend(checksum, piece)
                    self._go_on()
        except FileNotFoundError as error:
            raise FileGone("a file is not there any more", file.path) from error
        except OSError as error:
            raise FileDamaged(f"a file can't be read ({error.strerror})", file.path) from error
        if state.st_size != file.size or checksum != file.crc32c:
            raise FileDamaged("a file is not what was written", file.path)
        if len(self._checked) >= _MOST_CHECKED:
            self._checked.clear()
        self._checked[file] = identity

    def _go_on(self) -> None:
        if self._stopped:
            raise Stopped("the statement was stopped")

    def _meaning(self, error: Exception, statement: Statement) -> ReadError:
        if self._stopped or isinstance(error, duckdb.InterruptException):
            return Stopped("the statement was stopped")
        # While an answer is handed over, the same comes as an error of Arrow's.
        if isinstance(error, duckdb.OutOfMemoryException | MemoryError) or str(error).startswith(_OUT_OF_MEMORY):
            return TooLarge("the statement needs more memory than a worker may have")
        for file in statement.files:
            # Anything may have happened to them since they were checked, and damage has many faces.
            self._checked.pop(file, None)
            try:
                self._check(file)
            except ReadError as found:
                return found
        # What DuckDB says may name folders.
        return Failed(re.sub(r"/\S*/", "", str(error).split("\n", 1)[0])[:200])


def bound_memory(more_mib: int) -> None:
    """Bound what the process may take from here on: DuckDB's own limit does not hold for every function of SQL."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * os.sysconf("SC_PAGESIZE") + (more_mib << 20)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _open(folder: Path, way: _Way, memory_mib: int) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        config={
            "threads": way.threads,
            "memory_limit": f"{memory_mib}MB",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
        }
    )
    quoted = str(folder).replace("'", "''")
    connection.execute(f"SET allowed_directories = ['{quoted}']")
    connection.execute(f"SET disable_parquet_prefetching = {not way.reads_ahead}")
    for setting in _SETTINGS:
        connection.execute(setting)
    return connection
