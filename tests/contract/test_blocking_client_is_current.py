"""The client that blocks is what the one for asyncio says: the same questions, arguments, answers and errors."""

import inspect
import re

from scripts.blocking_client import FOLDER, blocking, stale

from logmesh import AsyncClient, Client
from logmesh.client.asking.async_search import AsyncSearch
from logmesh.client.asking.async_tail import AsyncTail
from logmesh.client.asking.sync_search import Search
from logmesh.client.asking.sync_tail import Tail


def test_the_committed_files_are_what_their_sources_say() -> None:
    assert stale() == []


def test_a_changed_source_makes_its_file_stale() -> None:
    source = (FOLDER / "async_client.py").read_text()
    changed = blocking(source.replace("values: int = 10", "values: int = 20"), "async_client.py")
    assert changed != (FOLDER / "sync_client.py").read_text()


def test_nothing_of_asyncio_is_left_in_what_blocks() -> None:
    for path in FOLDER.glob("sync_*.py"):
        _, _, code = path.read_text().partition('"""')  # without the line that names its source
        assert not re.search(r"\bawait\b|\basync (?:def|for|with)|\bAsync[A-Z]|import asyncio", code), path.name


def test_every_public_method_is_on_both_and_takes_and_says_the_same() -> None:
    for asynchronous, blocked in ((AsyncClient, Client), (AsyncSearch, Search), (AsyncTail, Tail)):
        names = [name for name in vars(asynchronous) if not name.startswith("_")]
        # As generators have it, whose ways contextlib knows: aclosing and closing.
        others = [name.replace("aclose", "close") for name in names]
        assert others == [name for name in vars(blocked) if not name.startswith("_")]
        for name, there in zip(names, others, strict=True):
            one, other = inspect.getattr_static(asynchronous, name), inspect.getattr_static(blocked, there)
            if isinstance(one, property):
                one, other = one.fget, other.fget
            assert inspect.signature(one).parameters == inspect.signature(other).parameters, name
            assert (one.__doc__ or "").replace("Async", "") == other.__doc__, name
