"""What secrets look like: each pattern finds the parts of a text that are to be replaced.

All are RE2's, so that time is linear in the text whatever it is. A pattern's first group that took part is what is replaced, or
all of it where it has none. What stands before is said in the pattern, for a line of JSON may have `\\n` as two characters.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final

import re2

from logmesh.producer.rules.cards import CARD, is_card

_ANCHORS: Final = ("^", "$", r"\A", r"\z")
_MAX_MEMORY: Final = 16 << 20
_LONGEST_WORD: Final = 40
_DIGITS: Final = frozenset(b"0123456789")
_COLOUR: Final = r"\x1b\[[0-9;]*m"
_EDGE: Final = rf"(?:^|[^0-9A-Za-z]|\\[nrtbf]|{_COLOUR})"
_SPACE: Final = r"(?:\s|\\[nrtf])"
_TOKEN: Final = "|".join((
    r"lm_[0-9a-f]{16}_[0-9A-Za-z]{49}",
    r"gh[oprsu]_[0-9A-Za-z]{36,}",
    r"github_pat_[0-9A-Za-z_]{22,}",
    r"gl[a-z]{2,8}-[0-9A-Za-z_-]{20,}",
    r"xox[abeoprs]-[0-9A-Za-z-]{10,}",
    r"[rs]k_(?:live|test)_[0-9A-Za-z]{16,}",
    r"sk-[0-9A-Za-z_-]{20,}",
    r"AIza[0-9A-Za-z_-]{35}",
    r"npm_[0-9A-Za-z]{36}",
    r"pypi-AgE[0-9A-Za-z_-]{50,}",
    r"SG\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}",
    r"hf_[0-9A-Za-z]{30,}",
    r"hvs\.[0-9A-Za-z_-]{20,}",
    r"do[opr]_v1_[0-9a-f]{64}",
    r"shp[a-z]{2}_[0-9a-fA-F]{32}",
))  # fmt: skip
_AWS_VALUE: Final = rf"[\"'\\]{{0,3}}{_SPACE}*[:=]{_SPACE}*[\"'\\]{{0,3}}([0-9A-Za-z/+]{{40}})"
_LETTERS: Final = "A-Za-z\\x{C0}-\\x{24F}\\x{370}-\\x{52F}"
"""Latin, Greek, Cyrillic. Scripts without spaces between words would be taken for a part of an address."""


@dataclass(frozen=True)
class Pattern:
    """A kind of secret, or somebody's own pattern."""

    name: str
    source: str
    check: Callable[[bytes, int, int], bool] | None = None
    """What tells whether a part of a text, from and to, is one after all."""
    is_own: bool = False

    @cached_property
    def is_anchored(self) -> bool:
        """Whether it may depend on where a text begins or ends, so that it isn't found in texts that are joined."""
        source = self.source.replace("[^", "[")
        return self.is_own and any(anchor in source for anchor in _ANCHORS)

    def finds(self, text: bytes) -> bool:
        """Whether there is anything to be replaced."""
        return next(self.spans(text), None) is not None

    def spans(self, text: bytes) -> Iterator[tuple[int, int]]:
        """Where parts begin and end that are to be replaced, in order."""
        regex = compiled(self.source)
        groups = range(1, regex.groups + 1)
        at = 0
        while (match := regex.search(text, at)) is not None:
            begin, end = next((match.span(group) for group in groups if match.start(group) >= 0), match.span())
            if begin < end and (self.check is None or self.check(text, begin, end)):
                yield begin, end
                at = end
            else:
                at = begin + 1
            if at > len(text):
                return


@cache
def compiled(source: str, *, captures: bool = True) -> Any:
    """The pattern for RE2, which says nothing on standard error; without `captures` its matches have no groups, and are found sooner.
    Raises re2.error."""
    options = re2.Options()
    options.never_capture = not captures
    options.max_mem = _MAX_MEMORY
    options.log_errors = False
    return re2.compile(source, options)


def _has_digit(text: bytes, begin: int, end: int) -> bool:
    """Whether it is a token, and no word that speaks of one."""
    return end - begin > _LONGEST_WORD or not _DIGITS.isdisjoint(text[begin:end])


BUILT_IN: Final[Sequence[Pattern]] = (
    Pattern(
        "private_key",
        r"(?s)-----BEGIN [0-9A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?"
        r"(?:-----END [0-9A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\z)",
    ),
    Pattern("jwt", r"eyJ[0-9A-Za-z_-]{5,}(?:\.[0-9A-Za-z_-]+){2}(?:\.[0-9A-Za-z_-]*){0,2}"),
    Pattern(
        "token",
        r"(?:bearer|Bearer|BEARER)(?:[\s:=]|\\[nrtf]|%20){1,4}([0-9A-Za-z._~+/=-]{16,})",
        check=_has_digit,
    ),
    Pattern(
        "token",
        rf"[aA]uthorization[\"'\\]{{0,3}}{_SPACE}*[:=]{_SPACE}*[\"'\\]{{0,3}}(?i:basic|token|apikey){_SPACE}+([0-9A-Za-z._~+/=-]{{4,}})",
    ),
    Pattern("token", f"{_EDGE}({_TOKEN})"),
    Pattern(
        "aws_key",
        f"{_EDGE}(A(?:KI|SI|BI|CC|GP|ID|IP|NP|NV|RO)A[2-7A-Z]{{16}})(?:[^0-9A-Za-z]|$)"
        f"|(?:(?i:secret_access_key)|[sS]ecretAccessKey){_AWS_VALUE}",
    ),
    Pattern("card", CARD, check=is_card),
    Pattern(
        "email",
        f"(?:{_COLOUR})?([0-9{_LETTERS}._%+-]+@(?:[0-9{_LETTERS}-]+\\.)+[{_LETTERS}]{{2,24}})",
    ),
)
"""In the order in which they are looked for. What one has replaced, none that follows takes for its own."""

NAMES: Final = tuple(dict.fromkeys(pattern.name for pattern in BUILT_IN))
