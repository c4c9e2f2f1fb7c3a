"""Tells which lines belong to the record before them: stack traces of Java, Python and Go, and indented lines."""

import re
from typing import Final

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

    __slots__ = ("_first", "_state")

    def __init__(self) -> None:
        self._first: bytes | None = None
        self._state = _ANY

    def continues(self, line: bytes) -> bool:
        """Whether `line`, without its line end, belongs to the record of the line before. The first never does."""
        if self._first is not None and self._belongs(line):
            return True
        self._first = line
        if line.startswith(b"Traceback (most recent"):
            self._state = _PYTHON
        elif _GO_START.match(line):
            self._state = _GO_TRACE
        else:
            self._state = _ANY
        return False

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
