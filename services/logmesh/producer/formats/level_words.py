"""What a format's level group may hold where that is no level's name, each text with OpenTelemetry's severity number."""

from typing import Final

from logmesh.producer import level_names

STATUSES: Final[dict[bytes, int]] = {
    str(status).encode(): level_names.level_of_status(status) for status in range(100, 600)
}
"""HTTP's."""

REDIS: Final[dict[bytes, int]] = {b".": 5, b"-": 5, b"*": 10, b"#": 13}
WINDOWS: Final[dict[bytes, int]] = {b"0": 9, b"1": 21, b"2": 17, b"3": 13, b"4": 9, b"5": 5}
"""Of its events."""
PHP: Final[dict[bytes, int]] = {
    b"Fatal error": 21, b"Parse error": 17, b"Recoverable fatal error": 17, b"Warning": 13, b"Deprecated": 13, b"Notice": 9,
}  # fmt: skip
BLUE_GENE: Final[dict[bytes, int]] = level_names.WORDS | {b"FAILURE": 17}
CEF: Final[dict[bytes, int]] = {
    **{str(severity).encode(): 9 if severity < 4 else 13 if severity < 7 else 17 if severity < 9 else 21 for severity in range(11)},
    b"Low": 9, b"Medium": 13, b"High": 17, b"Very-High": 21, b"Unknown": 9,
}  # fmt: skip
"""Of the Common Event Format, as numbers and as names."""
