"""Which store a data folder's records are in. It is chosen when the folder is begun, and remembered there."""

from pathlib import Path
from typing import Final

from logmesh.cli.local.errors import LocalError
from logmesh.cli.local.plan import StoreName

FILE: Final = "store"
DEFAULT: Final[StoreName] = "rows"
_RECORDS: Final = {"rows": "are rows of PostgreSQL", "lake": "are in a lake"}


def choose_store(data_dir: Path, asked: StoreName | None, *, fresh: bool) -> StoreName:
    """The store that was `asked` for, or else the folder's own, or the default. Raises LocalError where the folder's records are in
    another one than asked, for then nobody would find them; with `fresh` it has none."""
    begun = None if fresh else _begun(data_dir)
    if asked and begun and asked != begun:
        raise LocalError(
            f"the records in {data_dir} {_RECORDS[begun]}, and would not be found with --store {asked}: leave it away, or give"
            " another --data-dir, or --fresh to forget them"
        )
    return asked or begun or DEFAULT


def remember_store(data_dir: Path, store: StoreName) -> None:
    """Note it for later runs. Raises OSError."""
    (data_dir / FILE).write_text(f"{store}\n")


def _begun(data_dir: Path) -> StoreName | None:
    """With which store the folder was begun; None where it was not."""
    try:
        return "lake" if (data_dir / FILE).read_text().strip() == "lake" else "rows"
    except FileNotFoundError:
        return "rows" if (data_dir / "postgres").is_dir() else None
