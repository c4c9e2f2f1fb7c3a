"""Every regular expression means the same in each Python that Logmesh runs with.

Before 3.11.5 (Debian 12 has 3.11.2), what a possessive repetition of a group has read when its last try fails stays read:
``(?:,\\d+)*+`` takes the comma of ``1,x``, see https://github.com/python/cpython/issues/106052. An atomic group around a greedy
repetition, ``(?>(?:,\\d+)*)``, means the same and is right everywhere.
"""

import gc
import importlib
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from re import _constants as codes
from re import _parser as parser
from typing import Any

from scripts.node import ROOT

import logmesh
from logmesh.producer import level_starts

_ONE_CHARACTER = {codes.LITERAL, codes.NOT_LITERAL, codes.IN, codes.ANY}
_LOOK = f"from {__name__} import misread; print(misread())"


def test_no_group_is_repeated_possessively_that_may_fail_half_way() -> None:
    # In a process of its own: the packages that run tests have patterns, too.
    found = subprocess.run([sys.executable, "-c", _LOOK], cwd=ROOT, check=True, capture_output=True, text=True)
    assert found.stdout == "[]\n"


def misread() -> list[Any]:
    """Those that are, of the patterns that modules make as they are imported."""
    for module in pkgutil.walk_packages(logmesh.__path__, "logmesh."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    patterns = [one for one in gc.get_objects() if isinstance(one, re.Pattern)]
    assert level_starts.START in patterns, "the collector of garbage knows patterns"
    return [one.pattern for one in patterns if _is_misread(one)]


def test_that_kind_is_found() -> None:
    misread = [r"\d(?:,\d+)*+", r"a(b(?:,\d*+c)?+)", r"(?=x(?:[ab]c?){2,3}+)", r"a|(?>(?:(?>a|bc)x)++)"]
    right = [r'"(?:[^"\\]|\\.)*+"', r"\d(?>(?:,\d+)*)", r"[a-c]{2,3}+x*+.?+", r"(?:abc)++"]
    assert [one for one in (*misread, *right) if _is_misread(re.compile(one))] == misread


def _is_misread(pattern: "re.Pattern[Any]") -> bool:
    return any(not _fails_where_it_began(item) for item in _repeated(parser.parse(pattern.pattern, pattern.flags)))


def _repeated(sequence: Iterable[Any]) -> Iterator[Any]:
    """What is repeated possessively anywhere in it."""
    for code, arguments in sequence:
        if code is codes.POSSESSIVE_REPEAT:
            yield arguments[2]
        for inner in _sequences(arguments):
            yield from _repeated(inner)


def _sequences(arguments: Any) -> Iterator[Any]:
    if isinstance(arguments, parser.SubPattern):
        yield arguments
    elif isinstance(arguments, (tuple, list)):
        for argument in arguments:
            yield from _sequences(argument)


def _fails_where_it_began(item: Any) -> bool:
    """Characters one after the other are compared as one, and each alternative of them from where the item begins."""
    if len(item) == 1 and item[0][0] is codes.BRANCH:
        return all(map(_fails_where_it_began, item[0][1][1]))
    return all(code in _ONE_CHARACTER for code, _ in item)
