"""Keeps a share of records: the same ones whenever, and wherever, they come again."""

from typing import Final

import google_crc32c
import numpy as np

from logmesh.producer.rules.actions import Done, without
from logmesh.producer.rules.view import View

_MIX: Final = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
_LAST: Final = 31
_MOST: Final = (1 << 64) - 1


class Sample:
    """Of the records of a trace all are kept or none, by its id; of others each, by its body and time.

    Two rules of the same share keep the same traces. A record without a time is told from its like by when, and as the
    how-manieth of its chunk, it came.
    """

    def __init__(self, share: float) -> None:
        """`share` is above 0 and below 1."""
        self._below = np.uint64(min(int(share * 2.0**64), 2**64 - 1))

    def __call__(self, view: View, places: list[int]) -> Done:
        """See `Action`."""
        if not places:
            return Done(view.chunk)
        numbers = _spread(np.array([_number(view, place) for place in places], np.uint64))
        gone = [place for place, keep in zip(places, (numbers < self._below).tolist(), strict=True) if not keep]
        return without(view.chunk, gone, {"kept": len(places) - len(gone), "dropped": len(gone)})


def _number(view: View, place: int) -> int:
    chunk = view.chunk
    if any(trace_id := chunk.trace_ids[place]):
        return int.from_bytes(trace_id[:8]) ^ int.from_bytes(trace_id[8:])
    time = chunk.times[place]
    where = time or view.now_unix_nano + place
    return int(google_crc32c.extend(google_crc32c.value((where & _MOST).to_bytes(8, "little")), chunk.bodies[place]))


def _spread(numbers: "np.ndarray[tuple[int], np.dtype[np.uint64]]") -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
    """Numbers whose order says nothing of the ones that they are made of, as SplitMix64 ends."""
    for shift, factor in _MIX:
        numbers = (numbers ^ (numbers >> np.uint64(shift))) * np.uint64(factor)
    return numbers ^ (numbers >> np.uint64(_LAST))


def read_share(text: str) -> float:
    """The share that `1/10` is. Raises ValueError for anything that is none."""
    part, slash, whole = text.partition("/")
    if not slash or not (part.strip().isdecimal() and whole.strip().isdecimal()) or not int(whole):
        raise ValueError(text)
    return int(part) / int(whole)
