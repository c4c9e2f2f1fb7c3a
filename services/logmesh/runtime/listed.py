"""Settings that are lists, written with commas between."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import NoDecode

from logmesh.runtime.spiffe import checked_spiffe_id


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _checked(value: list[str]) -> list[str]:
    return [checked_spiffe_id(identity) for identity in value]


Listed = Annotated[list[str], NoDecode, BeforeValidator(_split)]
SpiffeIds = Annotated[Listed, AfterValidator(_checked)]
"""Each is checked when the settings are read."""
