"""A command whose argument is a filter, which may begin with a dash and be several words: `logmesh search -retry service = api`."""

import re
from typing import Any, Final

from typer.core import TyperCommand

from logmesh.cli.errors import USAGE, CommandError

_FLAGS: Final = re.compile(r"-(?:f|h)*(?:[fh]|n\d*|o(?:json|text|raw)?)?")
"""Options of one letter as people join them: `-fn20`, `-ojson`. Every other word after one dash is a filter's."""


class FilterCommand(TyperCommand):
    """Takes every word that is no option for its filter, wherever it stands."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """See click's `Command.parse_args`."""
        return super().parse_args(ctx, filter_last(args, self._takes_value(ctx)))

    def _takes_value(self, ctx: Any) -> frozenset[str]:
        options = [param for param in self.get_params(ctx) if param.param_type_name == "option"]
        return frozenset(name for option in options if not getattr(option, "is_flag", False) for name in option.opts)


def check_filter(text: str) -> None:
    """Raises CommandError for an argument that was not UTF-8: Python reads such bytes as lone surrogates, which can't be sent."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise CommandError(f"the filter is not UTF-8 at character {error.start + 1}", USAGE) from error


def filter_last(args: list[str], takes_value: frozenset[str]) -> list[str]:
    """`args` with all that is no option as one word behind `--`, where no option is looked for.

    `takes_value` are the options that the next word belongs to.
    """
    options: list[str] = []
    filters: list[str] = []
    words = iter(args)
    for word in words:
        if word == "--":
            filters += words
        elif word in takes_value:
            options += [word, *([following] if (following := next(words, None)) is not None else [])]
        elif word.startswith("-") and (word.startswith("--") or _FLAGS.fullmatch(word)):
            options.append(word)
        else:
            filters.append(word)
    return [*options, "--", " ".join(filters)] if filters else options
