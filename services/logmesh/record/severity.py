"""Severity as a number from 1 to 24 and under the names that users, syslog and common loggers give it."""

from typing import Final

_LEVELS: Final = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")

SEVERITY_NAMES: Final[tuple[str, ...]] = (
    "",
    *(f"{level}{step}" if step > 1 else level for level in _LEVELS for step in (1, 2, 3, 4)),
)
"""Name by number; the empty name is that of 0, unspecified."""

# Syslog's and Cloud Logging's names stand where OpenTelemetry's data model maps them.
_ALIASES: Final = {
    "FINEST": 1, "FINER": 2, "VERBOSE": 3, "VRB": 3, "TRC": 1,
    "FINE": 5, "DBG": 5, "DEBU": 5,
    "INFORMATION": 9, "INFORMATIONAL": 9, "INF": 9, "CONFIG": 9, "LOG": 9, "NOTICE": 10, "SUCCESS": 10,
    "WARNING": 13, "WRN": 13,
    "ERR": 17, "SEVERE": 17, "EROR": 17, "DPANIC": 19,
    "CRITICAL": 21, "CRIT": 21, "PANIC": 21, "FTL": 21, "ALERT": 22, "EMERGENCY": 24, "EMERG": 24,
}  # fmt: skip

SEVERITY_NUMBERS: Final[dict[str, int]] = {
    **{name: number for number, name in enumerate(SEVERITY_NAMES) if name},
    **_ALIASES,
}
"""Number by name, in capitals, aliases included."""


def severity_number(text: str) -> int:
    """The number of a name in either case, 0 for an unknown one."""
    return SEVERITY_NUMBERS.get(text.strip().upper(), 0)


def severity_name(number: int) -> str:
    """The name of a number, empty for 0 and for numbers above 24."""
    return SEVERITY_NAMES[number] if 0 <= number < len(SEVERITY_NAMES) else ""
