"""Where commands that ask a gateway find it."""

from typing import Annotated, Final

import typer

DEFAULT_GATEWAY: Final = "localhost:50050"

Gateway = Annotated[str, typer.Option(help="Address of the gateway.", envvar="LOGMESH_GATEWAY")]
