"""The names, letters and numbers that loggers give their levels, each as OpenTelemetry's severity number."""

from typing import Final

from logmesh.record.severity import SEVERITY_NUMBERS

NAMES: Final[dict[str, int]] = {
    **SEVERITY_NUMBERS,
    # logrus' four letters on a terminal, .NET's on its console, MySQL's notes, macOS' faults, npm's.
    "ERRO": 17, "FATA": 21, "PANI": 21, "TRAC": 1,
    "FAIL": 17, "DBUG": 5, "TRCE": 1,
    "NOTE": 9, "FAULT": 21, "VERB": 3, "DEBUG5": 5,
}  # fmt: skip
"""Number by name, in capitals."""

LETTERS: Final = {"T": 1, "V": 3, "D": 5, "I": 9, "N": 10, "W": 13, "E": 17, "F": 21, "C": 21}
"""Number by the single letter that Android, glog, apt and others write."""

LETTERS_IN_BYTES: Final = {letter.encode(): number for letter, number in LETTERS.items()}
"""The same for bytes."""

# By the priority's lower three bits: emergency, alert, critical, error, warning, notice, informational, debug.
SYSLOG_LEVELS: Final = (24, 22, 21, 17, 13, 10, 9, 5)

SPELLINGS: Final = {
    spelling: number for name, number in NAMES.items() for spelling in (name, name.lower(), name.capitalize())
}
"""Number by name as loggers spell it: `WARN`, `warn`, `Warn`."""

WORDS: Final = {spelling.encode(): number for spelling, number in SPELLINGS.items()}
"""The same for bytes."""


def level_of_status(status: int) -> int:
    """The severity of a web server's line: an ERROR of the server, a WARN of the client."""
    return 17 if status >= 500 else 13 if status >= 400 else 9
