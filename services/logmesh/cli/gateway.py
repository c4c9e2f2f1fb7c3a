"""Where commands that ask a gateway find it: as told, else what runs in the data folder, else on localhost. And the token for it."""

from pathlib import Path
from typing import Annotated, Final

import typer

from logmesh.cli.errors import CommandError
from logmesh.cli.local.run_state import DEFAULT_DATA_DIR, read_run_state

DEFAULT_GATEWAY: Final = "localhost:8080"

Gateway = Annotated[
    str | None,
    typer.Option(
        help="Address of the API.", envvar="LOGMESH_GATEWAY", show_default=f"what runs here, else {DEFAULT_GATEWAY}"
    ),
]
AskedDataDir = Annotated[
    Path, typer.Option("--data-dir", help="Data folder of the system to ask.", envvar="LOGMESH_DATA_DIR")
]

Token = Annotated[
    str,
    typer.Option(
        help="Access token; better in the variable, for lists of processes show options.",
        envvar="LOGMESH_TOKEN",
        show_default=False,
    ),
]


def find_gateway(gateway: str | None, data_dir: Path) -> str:
    """`host:port` of the API. Raises CommandError when a data folder was chosen and nothing runs there."""
    if gateway:
        return gateway
    folder, default = (path.expanduser().absolute() for path in (data_dir, DEFAULT_DATA_DIR))
    if running := read_run_state(folder):
        return running.gateway
    if folder != default:
        # An answer of the system on localhost would be taken for that of this one.
        raise CommandError(f"nothing runs in {folder}: start `logmesh up --data-dir {folder}`, or give --gateway")
    return DEFAULT_GATEWAY
