"""Static statements, one file each; the first comment says what it does and what goes in and comes out."""

from functools import cache
from importlib.resources import files


@cache
def load(name: str) -> str:
    """Return the text of ``<name>.sql``."""
    return (files(__name__) / f"{name}.sql").read_text("utf-8")
