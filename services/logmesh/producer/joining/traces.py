"""What traces, dumps and other blocks of many lines hold, so that they stay together where nothing tells how records begin.

A block begins with a line that only it begins with, and goes on with lines of its own kind; it may hold blank lines between them.
"""

import re
from typing import Final, NamedTuple, Protocol


class Block(Protocol):
    """One of the kinds of blocks."""

    def goes_on(self, line: bytes) -> bool:
        """Whether an unindented line that is not blank belongs to the block."""


class Lines(NamedTuple):
    """A block whose unindented lines match."""

    pattern: re.Pattern[bytes]

    def goes_on(self, line: bytes) -> bool:
        return self.pattern.match(line) is not None


PYTHON: Final = Lines(re.compile(rb"[A-Za-z_][\w.]*(?:: |:?\s*$)|\S+:\d+:in |\"\"\""))
"""A traceback, up to the line that says which exception it was."""
PYTHON_OVER: Final = Lines(
    re.compile(rb"During handling of the above|The (?:above|following) exception was|Traceback \(most recent|\"\"\"")
)
"""What may come behind that line."""
GO: Final = Lines(
    re.compile(
        rb"goroutine \d+ |created by |\[signal |\[(?:recovered|originating)|panic: |exit status |runtime stack:|PC=|r\w{1,3} +0x"
        rb"|[\w./*()%\[\]{},\-\xc2\xb7]+\([^ ]*\)?.*\)\s*$"
    )
)
GO_RACE: Final = Lines(
    re.compile(
        rb"WARNING: (?:DATA RACE|ThreadSanitizer)|SUMMARY: |Read at|Write at|Previous |Goroutine |={18}\s*$|Found \d+ data race"
    )
)
RUST: Final = Lines(re.compile(rb"note: |stack backtrace:|\d+: |thread '"))
JAVA: Final = Lines(re.compile(rb"Caused by: |Suppressed: |Wrapped by: |\.\.\. \d+ |at [\w.$]+\("))
CHAIN: Final = Lines(re.compile(rb"Caused by:|Location:|(?:Stack )?[Bb]acktrace:|Node\.js v"))
"""An error with what caused it, as Rust's programs end with."""
NODE: Final = Lines(
    re.compile(rb"\w*(?:Error|Exception|Rejection)\b|\[\w*(?:Error|Rejection)|Node\.js v|[{}]|Thrown at:|Uncaught ")
)
PHP: Final = Lines(re.compile(rb"Stack trace:|#\d+ |Next [\w\\]+|\[stacktrace\]|\"\}|PHP (?:Stack trace:| +\d+\. )"))
ELIXIR: Final = Lines(
    re.compile(
        rb"\*\* |Last message|State: |Function: |Args: |Initial Call: |Ancestors: |Message Queue|Pid: |Start Call: "
    )
)
THREADS: Final = Lines(re.compile(rb"\"|JNI global ref|Heap|Found |Java stack|Locked |=+\s*$|_java_|Threads class|}"))
SANITIZER: Final = Lines(
    re.compile(
        rb"==\d+==|READ |WRITE |0x|\[0x|freed by |previously |allocated by |SUMMARY: |Shadow |=>|Address |This frame has|HINT: "
        rb"|Direct leak|Indirect leak|Thread T|Previous |Read at|Write at|Goroutine |WARNING: |Uninitialized|AddressSanitizer"
        rb"|Register values|Location is"
    )
)

_STARTS: Final[tuple[tuple[bytes, bytes, Block], ...]] = (
    (b"T ", rb"Traceback \(most recent call last| *File \".*\", line \d+", PYTHON),
    (b"+ ", rb"[+ ]*Exception Group Traceback", PYTHON_OVER),
    (b"pfSu", rb"panic: |fatal error: |SIG[A-Z]+: |unexpected fault address", GO),
    (b"=", rb"={18}\s*$", GO_RACE),
    (b"t", rb"thread '.*' (?:\(\d+\) )?panicked at ", RUST),
    (b"EU", rb"Exception in thread |Unhandled exception[.:](?: |\s*$)", JAVA),
    (b"E", rb"Error: ", CHAIN),
    (b"/nfe", rb"(?:/|node:|file://|evalmachine)\S*:\d+\s*$", NODE),
    (b"PFW", rb"PHP (?:Fatal|Parse|Recoverable|Warning|Notice)|(?:Fatal error|Warning): ", PHP),
    (b"*GTP", rb"\*\* \(|GenServer |Task #PID|Process #PID", ELIXIR),
    (b"F", rb"Full thread dump ", THREADS),
    (b"=", rb"={30,}\s*$|==\d+==(?:ERROR|WARNING): ", SANITIZER),
)
"""The first bytes that a block's first line may have, how it begins, and the block."""

_BY_FIRST: Final[dict[int, list[tuple[re.Pattern[bytes], Block]]]] = {}
for _firsts, _pattern, _block in _STARTS:
    for _first in _firsts:
        _BY_FIRST.setdefault(_first, []).append((re.compile(_pattern), _block))

# What continues whatever precedes it, and says nothing of its own.
_TIED: Final = re.compile(
    rb"Caused by:|SUMMARY: \w+Sanitizer|Suppressed: |Wrapped by: |\.\.\. \d+ (?:more|common)|--- End of |---> "
    rb"|\*\* \(|goroutine \d+ \[|created by "
    rb"|\[signal |#[1-9]\d* |Stack trace:|stack (?:backtrace|traceback):|Current stack trace:|CallStack \(from "
    rb"|Raised at |Re-raised at |Called from |note: run with |[})\]]+[,;]?\s*$|</\w|at [\w.$<>]+\(.*\)\s*$|\[stacktrace\]"
)
_MAY_BE_TIED: Final = frozenset(b"CSW.-*gc[#sn})]<aR")

# What explains a record that speaks of trouble.
_EXPLAINS: Final = re.compile(
    rb"Traceback \(most recent|#0 |future: <|Last message|State: |(?:LINE \d+|DETAIL|HINT|CONTEXT|STATEMENT|QUERY): |Exception Group"
)
_MAY_EXPLAIN: Final = frozenset(b"T#fLSDHCQE")
_NAME: Final = re.compile(rb"(?:Caused by: )?[\w.$\\]+")
_EXCEPTIONS: Final = (b"Exception", b"Error", b"Throwable", b"Failure", b"Interrupt", b"Exit")
_ENDS: Final = frozenset({b"", b":", b"("})
_IN_RUBY: Final = re.compile(rb"\S+:\d+:in ")
_TROUBLE: Final = re.compile(rb"(?i:err|crit|fatal|fail|exception|panic|warn|terminat|abort|traceback)")
_TROUBLE_WINDOW: Final = 256

_CALL: Final = re.compile(rb"[a-z][\w./*()\[\]\-]+\s*$")
_PLACE: Final = re.compile(rb"\t\S+:\d+")
FRAME: Final = re.compile(rb"\s+at [\w.$<>/@]+")
_EQUAL_FRAME: Final = re.compile(rb"\s*(?:\t|at |from |#\d|File \"|[|+]|\.\.\. \d|\d+: )")


def block_of(line: bytes) -> Block | None:
    """The block that begins with this line, if one does."""
    for pattern, block in _BY_FIRST.get(line[0], ()) if line else ():
        if pattern.match(line):
            return block
    return None


def is_tied(line: bytes) -> bool:
    """Whether a line belongs to the one before it, whatever that is."""
    return bool(line) and line[0] in _MAY_BE_TIED and _TIED.match(line) is not None


def explains(line: bytes) -> bool:
    """Whether a line explains a trouble that the record before it spoke of."""
    if line[:1] and line[0] in _MAY_EXPLAIN and _EXPLAINS.match(line):
        return True
    return is_exception(line) or (b":in " in line and _IN_RUBY.match(line) is not None)


def may_be_call(line: bytes) -> bool:
    """Whether a line may be the name of a function, as in Go's errors with a stack, where its place follows."""
    return _CALL.match(line) is not None


def is_place(line: bytes) -> bool:
    """Whether a line is the place of the function before it."""
    return _PLACE.match(line) is not None


def is_exception(line: bytes) -> bool:
    """Whether a line names an exception, whose message may go on for some lines before its frames."""
    found = _NAME.match(line)
    return found is not None and found[0].endswith(_EXCEPTIONS) and line[found.end() : found.end() + 2].strip() in _ENDS


def is_frame(line: bytes) -> bool:
    """Whether an indented line is one of a trace, which belongs together however deep it is indented."""
    return _EQUAL_FRAME.match(line) is not None


def speaks_of_trouble(line: bytes) -> bool:
    """Whether a record's first line speaks of something that a trace explains."""
    return _TROUBLE.search(line, 0, _TROUBLE_WINDOW) is not None
