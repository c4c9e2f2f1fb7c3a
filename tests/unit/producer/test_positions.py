"""Several spools that read the same files: each goes on from where the furthest came."""

from typing import Any

from logmesh.producer.sources.fingerprint import LENGTH
from logmesh.producer.sources.positions import furthest


def at(inode: int, offset: int, head: tuple[int, int] = (LENGTH, 7)) -> dict[str, Any]:
    return {"device": 1, "inode": inode, "offset": offset, "head": list(head)}


def test_files_that_others_read_are_known_and_read_on_from_the_furthest_place() -> None:
    own = {"1": at(1, 10), "4": at(2, 50)}
    merged = furthest(own, [at(1, 30), at(2, 20), at(3, 5), at(3, 8)])
    assert merged == {"1": at(1, 30), "4": at(2, 50), "5": at(3, 8)}
    assert own == {"1": at(1, 10), "4": at(2, 50)}


def test_another_file_with_the_inode_of_a_former_one_keeps_its_own_place() -> None:
    assert furthest({"1": at(1, 10)}, [at(1, 99, (LENGTH, 8))]) == {"1": at(1, 10)}


def test_a_file_that_was_short_has_another_head_when_it_has_grown() -> None:
    grown = at(1, 99, (60, 8))
    assert furthest({"1": at(1, 10, (10, 7))}, [grown]) == {"1": grown}
    assert furthest({"1": at(1, 10, (60, 7))}, [at(1, 99, (10, 8))]) == {"1": at(1, 10, (60, 7))}
