"""Where files were left, by several spools that read the same ones. Pure."""

from collections.abc import Iterable, Mapping

from logmesh.producer.sources import Position
from logmesh.producer.sources.fingerprint import LENGTH


def furthest(own: Mapping[str, Position], others: Iterable[Position]) -> dict[str, Position]:
    """`own` positions, and those of `others` for files that are unknown here or were read further there.

    A file is known by device and inode. Where its head says that it is another file by now, the own position stays.
    """
    merged = dict(own)
    keys = {_file_of(position): key for key, position in own.items()}
    for position in others:
        key = keys.get(_file_of(position))
        if key is None:
            key = keys[_file_of(position)] = str(max(map(int, merged), default=0) + 1)
            merged[key] = position
        elif position["offset"] > merged[key]["offset"] and _may_be_same(merged[key]["head"], position["head"]):
            merged[key] = position
    return merged


def _file_of(position: Position) -> tuple[int, int]:
    return position["device"], position["inode"]


def _may_be_same(own: list[int], other: list[int]) -> bool:
    """A file that was shorter than a head had another one then."""
    return own == other or own[0] < min(LENGTH, other[0])
