"""Tells which lines belong to the record before them: stack traces of Java, Python and Go, and indented lines.

In a container's log it judges what the container wrote, each stream by itself, and puts lines together that the runtime split.
"""

import re
from typing import Final

from logmesh.producer.container_lines import PREFIX

_JAVA: Final = re.compile(
    rb"Caused by: |Suppressed: |(?:[a-z_][\w$]*\.)+[\w$]*(?:Exception|Error|Throwable|Failure)(?::|\s*$)"
)
_PYTHON_END: Final = re.compile(rb"[A-Za-z_][\w.]*(?:: |:?\s*$)")
_PYTHON_CHAIN: Final = re.compile(rb"\s*$|During handling of the above|The above exception was|Traceback \(most recent")
_GO: Final = re.compile(rb"\s*$|goroutine \d+ |created by |\[signal |exit status |[\w./*()%\[\]\-]+\([^ ]*\)?.*\)\s*$")
_GO_START: Final = re.compile(rb"panic: |fatal error: ")
_TROUBLE: Final = re.compile(rb"(?i:err|crit|fatal|fail|exception|panic|warn)")
_TROUBLE_WINDOW: Final = 256

_ANY, _PYTHON, _PYTHON_DONE, _GO_TRACE = range(4)


class Joiner:
    """Goes through lines in order and says of each whether it continues the record before it."""

    __slots__ = ("_first", "_split", "_state", "_stream")

    def __init__(self) -> None:
        self._first: bytes | None = None
        self._state = _ANY
        # Of the record, in a container's log: its stream, and whether its last line goes on.
        self._stream: bytes | None = None
        self._split = False

    def continues(self, line: bytes) -> bool:
        """Whether `line`, without its line end, belongs to the record of the line before. The first never does."""
        # An ordinary log, whose first line has no prefix, is spared the search for it.
        if (self._first is None or self._stream is not None) and (found := PREFIX.match(line)):
            return self._continues_container(found[2], found[3] == b"P", line[found.end() :])
        if self._first is not None and self._belongs(line):
            return True
        self._begin(line)
        return False

    def _continues_container(self, stream: bytes, split: bool, text: bytes) -> bool:
        rest, self._split = self._split and stream == self._stream, split
        if rest or (stream == self._stream and self._belongs(text)):
            return True
        self._stream = stream
        self._begin(text)
        return False

    def _begin(self, line: bytes) -> None:
        self._first = line
        if line.startswith(b"Traceback (most recent"):
            self._state = _PYTHON
        elif _GO_START.match(line):
            self._state = _GO_TRACE
        else:
            self._state = _ANY

    def _belongs(self, line: bytes) -> bool:
        if line[:1] in (b" ", b"\t"):
            if self._state == _PYTHON_DONE:
                self._state = _ANY
            return True
        if self._state == _PYTHON:
            self._state = _PYTHON_DONE
            return _PYTHON_END.match(line) is not None
        if self._state == _PYTHON_DONE and _PYTHON_CHAIN.match(line):
            if line.startswith(b"Traceback"):
                self._state = _PYTHON
            return True
        if self._state == _GO_TRACE:
            return _GO.match(line) is not None
        if line.startswith(b"Traceback (most recent") and self._in_trouble():
            self._state = _PYTHON
            return True
        if _GO_START.match(line) and self._in_trouble():
            self._state = _GO_TRACE
            return True
        return _JAVA.match(line) is not None and self._in_trouble()

    def _in_trouble(self) -> bool:
        """Whether the record's first line speaks of something that a trace explains."""
        return _TROUBLE.search(self._first or b"", 0, _TROUBLE_WINDOW) is not None
