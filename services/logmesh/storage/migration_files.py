"""The numbered migrations and the baseline as they lie in the package, read and told apart. Pure but for reading the files."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Final, Literal

Flavour = Literal["postgresql", "timescaledb"]
FLAVOURS: Final[tuple[Flavour, ...]] = ("postgresql", "timescaledb")

_FOLDER: Final = "logmesh.storage.migrations"
_NUMBERED: Final = re.compile(r"\d{4}_.+\.sql")
_STANDS_FOR: Final = re.compile(r"-- Stands for migrations (.+)\.\n")
_COMMENT: Final = re.compile(r"--.*")
_BUILD: Final = re.compile(r"CREATE INDEX CONCURRENTLY (\w+)\s+ON logmesh\.(\w+)\s+(.+)", re.DOTALL)
_DROP: Final = re.compile(r"DROP INDEX IF EXISTS logmesh\.\w+")


@dataclass(frozen=True, slots=True)
class Index:
    """An index to be built while its table is written to. `definition` is what follows the table's name."""

    name: str
    table: str
    definition: str


@dataclass(frozen=True)
class Migration:
    """One file."""

    name: str
    sql: str

    @property
    def number(self) -> int:
        """Its place in the order; two flavours of one thing have the same."""
        return int(self.name[:4])

    @cached_property
    def digest(self) -> str:
        """What tells whether a file that was applied has changed since."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @cached_property
    def index_steps(self) -> list[Index | str]:
        """What a file that says CREATE INDEX CONCURRENTLY consists of, in order: indexes to build, and DROP INDEX statements.
        None for any other file. Raises ValueError where there is more in it: each of its statements stands alone, in no
        transaction, and processors don't wait for it.
        """
        code = _COMMENT.sub("", self.sql)
        if "CONCURRENTLY" not in code:
            return []
        return [self._index_step(text.strip()) for text in code.split(";") if text.strip()]

    def _index_step(self, statement: str) -> Index | str:
        if match := _BUILD.fullmatch(statement):
            return Index(*match.groups())
        if _DROP.fullmatch(statement):
            return statement
        raise ValueError(
            f"{self.name} may say CREATE INDEX CONCURRENTLY and DROP INDEX IF EXISTS, and not {statement!r}"
        )


def migrations(flavour: Flavour) -> list[Migration]:
    """Migrations in order: those without a flavour in their name, and those of `flavour`."""
    folder = sorted(files(_FOLDER).iterdir(), key=lambda file: file.name)
    return [
        Migration(file.name, file.read_text("utf-8"))
        for file in folder
        if _NUMBERED.fullmatch(file.name) and _flavour(file.name) in (None, flavour)
    ]


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a new database gets in place of the migrations that it `stands_for`."""

    sql: str
    stands_for: list[Migration]


def baseline(flavour: Flavour) -> Baseline:
    """The baseline of a new database. Raises ValueError when it doesn't say which migrations it stands for."""
    common, own = ((files(_FOLDER) / f"baseline{part}.sql").read_text("utf-8") for part in ("", f".{flavour}"))
    said = _STANDS_FOR.search(common)
    if said is None:
        raise ValueError("baseline.sql doesn't say which migrations it stands for")
    numbers = {int(number) for number in said[1].split()}
    return Baseline(f"{common}\n{own}", [one for one in migrations(flavour) if one.number in numbers])


@cache
def newest_known() -> int:
    """The number of the newest migration that this release knows, whatever its flavour."""
    return max(migration.number for flavour in FLAVOURS for migration in migrations(flavour))


def flavour_of(applied: Iterable[str]) -> Flavour | None:
    """The flavour that a database has: an extension that is installed later doesn't change it."""
    return next((flavour for name in applied if (flavour := _flavour(name))), None)


def _flavour(name: str) -> Flavour | None:
    return next((flavour for flavour in FLAVOURS if f".{flavour}." in name), None)
