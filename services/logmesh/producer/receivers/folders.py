"""Where a receiver's spools lie: a folder a tenant, in one folder that may hold others, too."""

import contextlib
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

from logmesh.journal import has_segments
from logmesh.producer.receivers.received import RequestRefused

_OWN: Final = "own"
_OF_TENANT: Final = "tenant="
_LONGEST_NAME: Final = 255


def folder_of(tenant: str) -> str:
    """The name of a tenant's folder; empty: of this process's own. Raises RequestRefused for a name that no folder can have."""
    name = _OF_TENANT + quote(tenant, safe="") if tenant else _OWN
    if len(name) > _LONGEST_NAME:
        raise RequestRefused("the tenant's name is too long for a receiver's spool")
    return name


def tenants_in(spools: Path) -> list[str]:
    """Those whose spools hold something."""
    with contextlib.suppress(FileNotFoundError):
        folders = sorted(path for path in spools.iterdir() if path.is_dir() and has_segments(path))
        return [tenant for folder in folders if (tenant := _tenant_of(folder.name)) is not None]
    return []


def _tenant_of(folder: str) -> str | None:
    """The tenant whose spool a folder is; None for any other folder."""
    if folder == _OWN:
        return ""
    return unquote(folder.removeprefix(_OF_TENANT)) if folder.startswith(_OF_TENANT) else None
