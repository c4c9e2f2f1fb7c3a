"""Documents as their readers use them: links to follow, headings to land on, commands to type, YAML to copy."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?:^    .*\n?(?:\n(?=    ))?)+", re.MULTILINE)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
# What ends a command for the shell: pipes, lists, comments, and the command that runs in a pod.
_ENDS = {"|", ";", "&&", "||", "#", "--", ">", "<"}


@dataclass(frozen=True, slots=True)
class Document:
    """One file of Markdown."""

    path: Path

    @property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text("utf-8")

    @property
    def prose(self) -> str:
        """The text without blocks of code, inline code kept."""
        return _INDENTED.sub("", _FENCE.sub("", self.text))

    def links(self) -> list[str]:
        """Targets of its links, those of the web left out."""
        found = _LINK.findall(_INLINE.sub("``", self.prose))
        return [target for target in found if not re.match(r"[a-z]+:", target)]

    def anchors(self) -> set[str]:
        """What may follow `#` in a link to it, made from headings as GitHub makes them."""
        found: set[str] = set()
        for heading in _HEADING.findall(_FENCE.sub("", self.text)):
            slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            count = 1
            unique = slug
            while unique in found:
                unique, count = f"{slug}-{count}", count + 1
            found.add(unique)
        return found

    def blocks(self, language: str) -> list[str]:
        """Fenced blocks of a language."""
        return [body for name, body in _FENCE.findall(self.text) if name == language]

    def commands(self, program: str) -> Iterator[list[str]]:
        """Words of each command that runs `program`, in blocks and inline, up to what the shell does with it."""
        outside = _FENCE.sub("", self.text)
        shells = [*self.blocks("sh"), *self.blocks("bash"), *_INDENTED.findall(outside), *_INLINE.findall(self.prose)]
        for shell in shells:
            lines = shell.replace("\\\n", " ")
            for start in re.finditer(rf"(?:^|[\s;(])((?:\./)?{program})(?=\s|$)", lines, re.MULTILINE):
                # A word may be quoted over several lines, so the lexer reads on until it can end.
                yield _words(lines[start.start(1) :])


def _words(text: str) -> list[str]:
    lines = text.split("\n")
    for count in range(1, len(lines) + 1):
        try:
            words = shlex.split("\n".join(lines[:count]))
        except ValueError:
            continue
        return list(_until_end(words))
    return []


def _until_end(words: list[str]) -> Iterator[str]:
    for word in words:
        if word in _ENDS or word.startswith("#"):
            return
        yield word.rstrip(";")
        if word.endswith(";"):
            return
