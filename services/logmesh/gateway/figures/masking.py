"""Bodies to templates: what varies from line to line becomes `<*>`.

A word with a digit in it varies: numbers, durations, ids, addresses, and parts of paths. So do quoted texts, UUIDs, and long
words of hexadecimal digits. Names of JSON members stay, whatever is in them; so does what its message says, but for what varies in it.
"""

import re
from typing import Final

VARIABLE: Final = "<*>"

# No alternative backtracks: at worst time grows with the square of a body, whose length the caller bounds. What stands between
# apostrophes has no quote, backslash or bracket in it, or masking a part of it would make it another text.
_VARIABLE: Final = re.compile(
    r"""
      (?: \b | (?<![\w>])[+-] )
      (?: [0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b
        | [^\W\d]*+\d\w*+(?>(?:[-.:/,+@][^\W\d]*+\d\w*+)*)   # words with digits, joined as in addresses and times
        | [a-fA-F]{8,}+\b )
    | " (?: (?P<message>(?: message | msg | @mt? | event | short_message | error | text | log )"\s*+:\s*+")  # a JSON's message
            (?P<text>(?:[^"\\]|\\.)*+)"
          | (?P<name>[\w.\-/@$]+"\s*+:)                     # a JSON member's name
          | (?:[^"\\]|\\.)*+" )                             # a quoted text
    | (?<![\w>])'[^'"\\\n<>]*+'(?![\w<])                    # the same, and no apostrophe
    """,
    re.VERBOSE | re.DOTALL,
)


def mask(body: str) -> str:
    """Return the template of a body. A template is its own template."""
    return _VARIABLE.sub(_replace, body)


def _replace(match: "re.Match[str]") -> str:
    if match["message"]:
        # A letter that is written by its number: a part of that must not go alone.
        said = VARIABLE if "\\u" in match["text"] else mask(match["text"])
        return f'"{match["message"]}{said}"'
    return match[0] if match["name"] else VARIABLE
