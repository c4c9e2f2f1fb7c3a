"""What is wrong with a filter, where, and what would have been right."""

from difflib import get_close_matches


class FilterError(ValueError):
    """A filter that can't be understood. Its text is one line for people.

    `position` counts characters from 0; `expected` says what could have stood there; `suggestion` is a word that was
    probably meant, or empty.
    """

    def __init__(self, problem: str, position: int, *, expected: tuple[str, ...] = (), suggestion: str = "") -> None:
        self.problem = problem
        self.position = position
        self.expected = expected
        self.suggestion = suggestion
        text = f"{problem} at character {position + 1}"
        if expected:
            text += f"; expected {', '.join(expected[:-1])}{' or ' if len(expected) > 1 else ''}{expected[-1]}"
        if suggestion:
            text += f"; did you mean {suggestion}?"
        super().__init__(text)


def closest(word: str, known: "list[str] | tuple[str, ...]") -> str:
    """The known word that `word` resembles most, empty when none does."""
    return next(iter(get_close_matches(word.lower(), known, n=1, cutoff=0.6)), "")
