"""How large, how many and how old: the limits that producers keep to and processors enforce."""

from datetime import timedelta
from typing import Final

MAX_BODY_BYTES: Final = 256 * 1024
"""Longest body. A longer line is split by the file source, and refused as a dead letter by the processor."""

MAX_ATTRIBUTES: Final = 128
"""Most attributes that one record may carry, counted at the top level."""

MAX_ATTRIBUTES_BYTES: Final = 64 * 1024
"""Longest text of one record's attributes, as JSON."""

MAX_SEVERITY_TEXT_BYTES: Final = 64
"""Longest level as the source wrote it."""

MAX_NAME_BYTES: Final = 255
"""Longest name of a service, an instance or a producer."""

MAX_BATCH_RECORDS: Final = 10_000
"""Most records under one sequence number; `ids` relies on it being less than 2**14."""

MAX_RAW_BYTES: Final = 8 << 20
"""Largest payload of a batch once decompressed."""

MAX_AGE: Final = timedelta(days=7)
"""Older times than this before receipt are clamped."""

MAX_AHEAD: Final = timedelta(minutes=10)
"""Later times than this after receipt are clamped."""

REQUEST_BYTES: Final = 16
"""Length of the digest that tells a receiver's request from others, where a batch has one."""

MAX_SEQ: Final = (1 << 49) - 1
"""Greatest number of a batch: with the entry's bits it still fits a bigint."""
