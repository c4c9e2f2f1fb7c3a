"""The small file of a spool: replaced at once, without a new file, and found whenever the process ended."""

from pathlib import Path

import pytest

from logmesh.client.delivering.checkpoint import Checkpoint


def checkpoint(at: int, length: int = 10) -> Checkpoint:
    return Checkpoint("spool", 0, at, {"1": {"path": "x" * length, "offset": at}})


def test_the_last_one_that_was_saved_is_loaded_and_two_files_do(tmp_path: Path) -> None:
    inodes = set()
    for at, length in enumerate((10, 20_000, 5, 9_000, 10)):
        checkpoint(at, length).save(tmp_path)
        inodes.add((tmp_path / "spool.json").stat().st_ino)
        assert Checkpoint.load(tmp_path) == checkpoint(at, length)
    assert len(inodes) == 2


@pytest.mark.parametrize("renamed", [1, 2, 3])
def test_a_process_that_ends_between_two_renamings_leaves_one_that_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, renamed: int
) -> None:
    for at in range(3):
        checkpoint(at).save(tmp_path)
    replace, done = Path.replace, list[Path]()

    def replace_or_end(self: Path, target: Path) -> Path:
        if len(done) == renamed:
            raise InterruptedError
        done.append(self)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", replace_or_end)
    if renamed < 3:
        with pytest.raises(InterruptedError):
            checkpoint(3).save(tmp_path)
    else:
        checkpoint(3).save(tmp_path)
    monkeypatch.undo()
    assert Checkpoint.load(tmp_path) == checkpoint(3)
    checkpoint(4).save(tmp_path)
    assert Checkpoint.load(tmp_path) == checkpoint(4)
