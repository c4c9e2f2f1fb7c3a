"""Where commands that ask a gateway find it."""

from typing import Annotated, Final

import typer

DEFAULT_GATEWAY: Final = "localhost:8080"

Gateway = Annotated[str, typer.Option(help="Address of the API.", envvar="LOGMESH_GATEWAY")]
