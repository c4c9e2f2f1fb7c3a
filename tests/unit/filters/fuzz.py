"""``make fuzz``: a million random filters, each checked as test_fuzz.py checks a few. A text that fails is printed."""

import argparse
import random
import sys
import time

from tests.unit.filters.test_fuzz import PIECES, check

_FIELDS = ("service", "body", "severity", "attributes.a", "resource.b.c", "trace_id", "time", "instance")
_COMPARATORS = ("=", "!=", "<", "<=", ">", ">=", ":", "=~", "!~")
_LISTS = ("IN (", "NOT IN (", "in (")
_LIKES = ("LIKE", "NOT LIKE", "ilike")
_CHARACTERS = "ab1 \"'\\;$%_()*.-/&|!,[]{}\n\0\u00e9\u041e\u202e\ud800"


def main() -> None:
    """Check `--count` filters."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, help="how many (default 1,000,000)")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same filters (default: a new one)")
    arguments = parser.parse_args()
    seed = arguments.seed or random.SystemRandom().randrange(1, 1 << 32)
    source, began, filters = random.Random(seed), time.monotonic(), 0
    for at in range(arguments.count):
        text = _text(source)
        try:
            filters += check(text)
        except BaseException:
            print(f"seed {seed}, text {at}: {text!r}", file=sys.stderr)
            raise
    print(
        f"seed {seed}: {arguments.count:,} texts, {filters:,} of them filters, none became SQL"
        f" ({time.monotonic() - began:.0f} s)"
    )


def _text(source: random.Random) -> str:
    kind = source.random()
    if kind < 0.5:  # mostly filters: comparisons with any value
        parts = [_comparison(source) for _ in range(source.randint(1, 4))]
        return (
            "".join(part + source.choice((" ", " AND ", " OR ", " AND NOT ", " && ", "||")) for part in parts[:-1])
            + parts[-1]
        )
    return source.choice((" ", "")).join(source.choice(PIECES) for _ in range(source.randint(0, 20)))


def _comparison(source: random.Random) -> str:
    values = (
        "ERROR",
        "42",
        "*",
        "2026-01-01",
        "ab" * 16,
        "check*",
        "/a.b/i",
        "500ms",
        "1.5GiB",
        _quoted(source),
        _quoted(source),
    )
    field, value = source.choice(_FIELDS), source.choice(values)
    kind = source.random()
    if kind < 0.1:
        return f"{field} {source.choice(_LISTS)}{', '.join([value, *source.choices(values, k=source.randint(0, 3))])})"
    if kind < 0.2:
        return f"{field} {source.choice(_LIKES)} {value}"
    if kind < 0.25:
        return f"{field} {source.choice(('IS NULL', 'is not null', 'contains a', '~ a'))}"
    return f"{source.choice(('', '', '!'))}{field} {source.choice(_COMPARATORS)} {value}"


def _quoted(source: random.Random) -> str:
    text = "".join(source.choice(_CHARACTERS) for _ in range(source.randint(0, 8)))
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


if __name__ == "__main__":
    main()
