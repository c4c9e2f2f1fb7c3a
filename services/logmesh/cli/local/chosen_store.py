"""Which store a data folder's records go into. It is chosen when the folder is begun, or a lake later, and remembered there."""

from pathlib import Path
from typing import Final

from logmesh.cli.local.errors import LocalError
from logmesh.cli.local.plan import StoreName

FILE: Final = "store"
DEFAULT: Final[StoreName] = "rows"


def choose_store(data_dir: Path, asked: StoreName | None, *, fresh: bool) -> StoreName:
    """The store that was `asked` for, or else the folder's own, or the default. A lake answers for rows that are there, too. Raises
    LocalError where rows are asked for and the folder has a lake, whose records nobody would find then; with `fresh` it has none."""
    begun = None if fresh else _begun(data_dir)
    if asked == "rows" and begun == "lake":
        raise LocalError(
            f"{data_dir} has a lake, whose records would not be found with --store rows: leave it away, or give another --data-dir,"
            " or --fresh to forget them"
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
