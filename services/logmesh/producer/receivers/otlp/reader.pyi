"""reader.c, where it was compiled."""

from collections.abc import Callable, Sequence
from typing import Any

def read(
    records: list[bytes], member: Callable[[bytes], bytes], body_of: Callable[[bytes], tuple[bytes, bool]]
) -> tuple[Sequence[Any], ...] | None:
    """The columns of serialised LogRecords, in the order of `Columns`; None where protobuf's parser has to read them.

    Args:
        records: each of one record.
        member: what a serialised KeyValue is in JSON, behind a comma; called for values that are no text, whole number or truth value.
        body_of: as of `otlp.values`; called for bodies that are not one text.

    Raises what these raise.
    """
