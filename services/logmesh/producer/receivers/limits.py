"""How large what comes in at a door may be."""

from typing import Final

MOST_BODY_BYTES: Final = 16 << 20
"""Of a request once it is decompressed. OpenTelemetry's and Elasticsearch's senders keep far below it."""

MOST_RECORDS: Final = 100_000
"""Of a request."""

MOST_HEADER_BYTES: Final = 16 << 10
"""Of one header of HTTP, and of its first line."""
