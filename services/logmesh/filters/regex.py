"""Regular expressions that mean the same to RE2 and to PostgreSQL.

A pattern in RE2's syntax is read into a tree and written anew for either engine, with classes, dots and case spelt out,
so that neither's own idea of `\\s`, `.`, a letter's case or a newline matters. What can't be said in both is refused.
The tree, its reader and its two writers are one idea: a new node is one in all of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import re2

from logmesh.filters.folding import fold_ascii, orbits, word_orbit

MAX_REPEAT = 255
"""PostgreSQL's limit of `{n,m}`."""
MAX_DEPTH = 24
MAX_SIZE = 10_000
"""Most characters that a pattern may stand for once its repetitions are written out."""

Ranges = tuple[tuple[int, int], ...]
_TOP = 0x10FFFF
_DIGIT: Ranges = ((48, 57),)
_WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE: Ranges = ((9, 10), (12, 13), (32, 32))
_CLASSES = {"d": _DIGIT, "w": _WORD, "s": _SPACE}
_POSIX: dict[str, Ranges] = {
    "alnum": ((48, 57), (65, 90), (97, 122)), "alpha": ((65, 90), (97, 122)), "digit": _DIGIT,
    "lower": ((97, 122),), "upper": ((65, 90),), "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "space": ((9, 13), (32, 32)), "xdigit": ((48, 57), (65, 70), (97, 102)), "word": _WORD,
}  # fmt: skip
_CONTROLS = {"n": 10, "t": 9, "r": 13, "f": 12, "v": 11, "a": 7}
# What each assertion is to either engine. PostgreSQL's `^` and `$` are a line's once a pattern begins with LINES.
_POSTGRESQL: Final = {"^": "\\A", "$": "\\Z", "m^": "^", "m$": "$", "b": "\\y", "B": "\\Y"}
_LINES: Final = "(?w)"
_RE2: Final = {"^": "\\A", "$": "\\z", "m^": "(?m:^)", "m$": "(?m:$)", "b": "\\b", "B": "\\B"}


class RegexError(ValueError):
    """The pattern is malformed or says what only one of the engines understands. `position` is in the pattern."""

    def __init__(self, problem: str, position: int) -> None:
        self.problem, self.position = problem, position
        super().__init__(problem)


@dataclass(frozen=True, slots=True)
class _Set:
    """One character out of `ranges` (sorted, disjoint), or out of all others."""

    ranges: Ranges
    negated: bool = False


@dataclass(frozen=True, slots=True)
class _Assertion:
    """`^`, `$`, the same of a line (`m^`, `m$`), `b` (a word's edge) or `B`."""

    kind: str


@dataclass(frozen=True, slots=True)
class _Repeat:
    item: "_Item"
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class _Group:
    """Alternatives, each a sequence."""

    branches: "tuple[tuple[_Item, ...], ...]"


_Item = _Set | _Assertion | _Repeat | _Group


@dataclass(frozen=True)
class Regex:
    """A checked pattern. Equal sources are equal."""

    source: str
    tree: _Group

    @cached_property
    def postgresql(self) -> str:
        """For PostgreSQL's `~` under COLLATE "C"."""
        return _LINES + _write(self.tree, "\\U{:08x}", _POSTGRESQL)

    @cached_property
    def re2(self) -> str:
        """For RE2 without flags."""
        return _write(self.tree, "\\x{{{:x}}}", _RE2)

    @cached_property
    def literal(self) -> str:
        """The longest text that every match contains; empty when there is none. A database finds it sooner than a match."""
        return self._longest(lambda ranges: chr(ranges[0][0]) if ranges[0][0] == ranges[-1][1] else "")

    @cached_property
    def folded_literal(self) -> str:
        """The same where the case of ASCII letters doesn't matter, in lower case."""
        return self._longest(_folded_char)

    def _longest(self, char_of: Callable[[Ranges], str]) -> str:
        """The longest run of characters that `char_of` names, empty for a set that is no one character."""
        if len(self.tree.branches) != 1:
            return ""
        best, run = "", ""
        for item in self.tree.branches[0]:
            char = char_of(item.ranges) if isinstance(item, _Set) and item.ranges and not item.negated else ""
            if not isinstance(item, _Assertion):
                run = run + char if char else ""
                best = max(best, run, key=len)
        return best


@dataclass(frozen=True, slots=True)
class _Flags:
    """What holds from here to the end of the group: `i`, `s` and `m`."""

    fold: bool = False
    dotall: bool = False
    lines: bool = False


def folded_text(text: str) -> Regex:
    """What finds `text` as a word is found, whatever its case."""
    items = tuple(_set([(number, number) for number in word_orbit(char)], fold=False) for char in text)
    return Regex(text, _Group((items,)))


def _folded_char(ranges: Ranges) -> str:
    first, last = ranges[0][0], ranges[-1][1]
    is_one = first == last or (len(ranges) == 2 and first + 32 == last <= ord("z") and first >= ord("A"))
    is_one = is_one and all(low == high for low, high in ranges)
    return fold_ascii(chr(last)) if is_one else ""


def parse_regex(source: str) -> Regex:
    """Read a pattern. Raises RegexError."""
    reader = _Reader(source)
    tree = reader.group(0, _Flags())
    if reader.at < len(source):
        raise RegexError("a parenthesis is closed that was not opened", reader.at)
    if _size(tree) > MAX_SIZE:
        raise RegexError("the pattern is too large once its repetitions are written out", 0)
    regex = Regex(source, tree)
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(regex.re2, options)
    except re2.error as error:
        raise RegexError(f"RE2 refuses the pattern: {error}", 0) from error
    return regex


class _Reader:
    def __init__(self, source: str) -> None:
        self.source, self.at = source, 0

    def peek(self) -> str:
        return self.source[self.at] if self.at < len(self.source) else ""

    def take(self) -> str:
        if self.at >= len(self.source):
            raise RegexError("the pattern ends too early", self.at)
        self.at += 1
        return self.source[self.at - 1]

    def accept(self, text: str) -> bool:
        found = self.source.startswith(text, self.at)
        self.at += len(text) if found else 0
        return found

    def group(self, depth: int, flags: _Flags) -> _Group:
        if depth > MAX_DEPTH:
            raise RegexError("groups are nested too deep", self.at)
        branches: list[tuple[_Item, ...]] = []
        items: list[_Item] = []
        while (here := self.peek()) and here != ")":
            start = self.at
            if self.accept("|"):
                branches.append(tuple(items))
                items = []
            elif self.accept("("):
                inner_flags, opened = self.flags(flags)
                if not opened:
                    flags = inner_flags
                    continue
                inner = self.group(depth + 1, inner_flags)
                if not self.accept(")"):
                    raise RegexError("a parenthesis is not closed", start)
                items.append(self.repeated(inner))
            else:
                items.append(self.repeated(self.atom(flags)))
        branches.append(tuple(items))
        return _Group(tuple(branches))

    def flags(self, flags: _Flags) -> tuple[_Flags, bool]:
        """After a parenthesis: the flags inside it, and whether it opens a group or only sets flags."""
        start = self.at
        if not self.accept("?"):
            return flags, True
        if self.accept("P<") or self.accept("<"):
            name_start = self.at
            while self.peek().isalnum() or self.peek() == "_":
                self.at += 1
            if self.at == name_start or not self.accept(">"):
                raise RegexError("look-behind and such names of groups are not supported", start)
            return flags, True
        on = True
        while True:
            match self.take():
                case "i":
                    flags = replace(flags, fold=on)
                case "s":
                    flags = replace(flags, dotall=on)
                case "m":
                    flags = replace(flags, lines=on)
                case "U":
                    pass  # Lazy or not: there is a match or there is none.
                case "-" if on:
                    on = False
                case ":":
                    return flags, True
                case ")":
                    return flags, False
                case _:
                    raise RegexError("only the flags i, m, s and U are supported, and no look-around", start)

    def atom(self, flags: _Flags) -> _Item:
        start = self.at
        match self.take():
            case ".":
                return _Set((), True) if flags.dotall else _Set(((10, 10),), True)
            case "^" | "$" as kind:
                return _Assertion(f"m{kind}" if flags.lines else kind)
            case "[":
                return self.bracket(flags.fold)
            case "*" | "+" | "?":
                raise RegexError("there is nothing to repeat", start)
            case "\\":
                match self.peek():
                    case "b" | "B":
                        return _Assertion(self.take())
                    case "A":
                        self.at += 1
                        return _Assertion("^")
                    case "z":
                        self.at += 1
                        return _Assertion("$")
                escaped = self.escape(flags.fold)
                return escaped if isinstance(escaped, _Set) else _set([(escaped, escaped)], flags.fold)
            case char:
                return _set([(ord(char), ord(char))], flags.fold)

    def escape(self, fold: bool) -> _Set | int:
        """After a backslash: a class or a character. A class is folded before it is negated: `(?i)\\W` has no K of any kind."""
        start = self.at - 1
        char = self.take()
        if char.lower() in _CLASSES:
            return _set(list(_CLASSES[char.lower()]), fold, negated=char.isupper())
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char == "x":
            return self.hexadecimal(start)
        if char.isascii() and char.isalnum():
            raise RegexError(f"\\{char} is not supported", start)
        return ord(char)

    def hexadecimal(self, start: int) -> int:
        digits = ""
        if self.accept("{"):
            while self.peek() not in ("", "}"):
                digits += self.take()
            self.take()
        else:
            digits = self.take() + self.take()
        if not 0 < len(digits) <= 6 or any(digit not in "0123456789abcdefABCDEF" for digit in digits):
            raise RegexError("\\x needs two hexadecimal digits, or more in braces", start)
        number = int(digits, 16)
        if number == 0 or number > _TOP or 0xD800 <= number <= 0xDFFF:
            raise RegexError("there is no such character", start)
        return number

    def bracket(self, fold: bool) -> _Set:
        start = self.at - 1
        negated = self.accept("^")
        ranges: list[tuple[int, int]] = []
        first = True
        while first or not self.accept("]"):
            first = False
            if self.at >= len(self.source):
                raise RegexError("a bracket is not closed", start)
            if self.accept("[:"):
                ranges += self.posix()
                continue
            low = self.member(fold)
            if isinstance(low, _Set):
                ranges += _complement(low.ranges) if low.negated else low.ranges
                continue
            high = low
            if self.peek() == "-" and self.source[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                end = self.member(fold)
                if isinstance(end, _Set) or end < low:
                    raise RegexError("a range of characters is upside down or has no end", start)
                high = end
            ranges.append((low, high))
        return _set(ranges, fold, negated)

    def member(self, fold: bool) -> _Set | int:
        char = self.take()
        return self.escape(fold) if char == "\\" else ord(char)

    def posix(self) -> Ranges:
        start = self.at - 2
        end = self.source.find(":]", self.at)
        name = self.source[self.at : end] if end >= 0 else ""
        if name not in _POSIX:
            raise RegexError(f"[:{name[:20]}:] is not supported", start)
        self.at = end + 2
        return _POSIX[name]

    def repeated(self, item: _Item) -> _Item:
        start = self.at
        bounds = self.quantifier()
        if bounds is None:
            return item
        if isinstance(item, _Assertion):
            raise RegexError("^, $ and \\b can't be repeated", start)
        self.accept("?")  # Lazy or not: there is a match or there is none.
        if self.peek() in ("*", "+", "?") and self.peek():
            raise RegexError("a repetition can't be repeated", self.at)
        return _Repeat(item, *bounds)

    def quantifier(self) -> tuple[int, int | None] | None:
        if self.accept("*"):
            return 0, None
        if self.accept("+"):
            return 1, None
        if self.accept("?"):
            return 0, 1
        start = self.at
        end = self.source.find("}", start)
        if self.peek() != "{" or end < 0:
            return None
        low, comma, high = self.source[start + 1 : end].partition(",")
        if not (low.isascii() and low.isdigit()) or (high and not (high.isascii() and high.isdigit())):
            return None  # As in RE2, a brace that bounds nothing is a brace.
        self.at = end + 1
        if len(low) > 3 or len(high) > 3 or max(int(low), int(high or 0)) > MAX_REPEAT:
            raise RegexError(f"a repetition goes to {MAX_REPEAT} at most", start)
        least = int(low)
        most = int(high) if high else None if comma else least
        if most is not None and most < least:
            raise RegexError("a repetition is upside down", start)
        return least, most


def _set(ranges: list[tuple[int, int]], fold: bool, negated: bool = False) -> _Set:
    """Sorted and merged; with `fold`, with what differs from them in case alone."""
    if fold:
        for low, high in list(ranges):
            ranges += _folded(low, high)
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return _Set(tuple(merged), negated)


def _folded(low: int, high: int) -> list[tuple[int, int]]:
    known = orbits()
    numbers = range(low, high + 1) if high - low < len(known) else [number for number in known if low <= number <= high]
    return [(other, other) for number in numbers for other in known.get(number, ())]


def _complement(ranges: Ranges) -> Ranges:
    edges = [0, *(edge for low, high in ranges for edge in (low - 1, high + 1)), _TOP]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return tuple((max(low, 1), high) for low, high in pairs if high >= max(low, 1))


def _size(item: _Item) -> int:
    match item:
        case _Repeat():
            times = item.most if item.most is not None else item.least
            return _size(item.item) * max(times, 1)
        case _Group():
            return 1 + sum(_size(inner) for branch in item.branches for inner in branch)
        case _:
            return 1


def _write(item: _Item, code_point: str, assertions: Mapping[str, str]) -> str:
    match item:
        case _Set():
            return _write_set(item, code_point)
        case _Assertion():
            return assertions[item.kind]
        case _Repeat():
            inner = _write(item.item, code_point, assertions)
            most = "" if item.most is None else item.most
            return f"(?:{inner}){{{item.least},{most}}}"
        case _Group():
            written = ("".join(_write(inner, code_point, assertions) for inner in branch) for branch in item.branches)
            return f"(?:{'|'.join(written)})"


def _write_set(item: _Set, code_point: str) -> str:
    def spell(number: int) -> str:
        char = chr(number)
        return char if char.isascii() and char.isalnum() else code_point.format(number)

    if not item.ranges:
        item = _Set(((1, _TOP),))
    if not item.negated and len(item.ranges) == 1 and item.ranges[0][0] == item.ranges[0][1]:
        return spell(item.ranges[0][0])
    inner = "".join(spell(low) if low == high else f"{spell(low)}-{spell(high)}" for low, high in item.ranges)
    return f"[{'^' if item.negated else ''}{inner}]"
