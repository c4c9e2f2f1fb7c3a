"""What one message can hold."""

from typing import Final

from logmesh.runtime.server import MAX_MESSAGE_BYTES

MAX_ANSWER_BYTES: Final = MAX_MESSAGE_BYTES - (64 << 10)
"""What records may take in the one message that answers a unary call; clients refuse more than 4 MiB unless told otherwise."""
