"""How Envoy names the type of an extension's configuration."""

from typing import Any

Config = dict[str, Any]
"""A message of Envoy's API in its JSON form."""


def typed(name: str, **fields: Any) -> Config:
    """A configuration with its type, such as ``envoy.extensions.filters.http.router.v3.Router``."""
    return {"@type": f"type.googleapis.com/{name}", **fields}


def extension(name: str, type_name: str, **fields: Any) -> Config:
    """A named extension: a filter, a transport socket, an access logger."""
    return {"name": name, "typed_config": typed(type_name, **fields)}
