"""Whose records a call sees: its token's tenant's, wherever data is read."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

import logmesh.gateway
from logmesh.gateway.callers import tenant
from logmesh.gateway.callers.tenant import tenant_of_call
from logmesh.rows.reader import Reader
from logmesh.runtime.access_tokens import Caller

SOURCES = sorted(Path(logmesh.gateway.__file__).parent.rglob("*.py"))


def test_calls_without_tokens_see_the_tenant_of_the_settings() -> None:
    assert tenant_of_call("default") == "default"


async def test_reading_for_another_tenant_than_the_tokens_is_refused() -> None:
    class NoPool:
        async def acquire(self, **_: Any) -> None:
            raise AssertionError("the database was asked")

    async def read_as(tokens_tenant: str, wanted: str) -> None:
        tenant._caller.set(Caller(tokens_tenant, "someone", frozenset(), 0))
        pool: Any = NoPool()
        async with Reader(pool, tenant.may_see).reading(wanted, 1):
            pass

    with pytest.raises(AssertionError, match="another tenant"):
        await asyncio.create_task(read_as("acme", "default"))  # a context of its own, as each call has
    with pytest.raises(AssertionError, match="the database was asked"):
        await asyncio.create_task(read_as("acme", "acme"))
    assert tenant_of_call("default") == "default"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_code_takes_the_settings_tenant_for_the_calls(path: Path) -> None:
    """With tokens the two differ, and a cache or a live tail has no view in the database that would notice."""
    bare = re.findall(
        r"^.*(?<!tenant_of_call\()\b(?:self\._)?settings\.tenant\b.*$", path.read_text("utf-8"), re.MULTILINE
    )
    assert not [line for line in bare if "tenant_of_call(" not in line]
