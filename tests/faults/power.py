"""Loss of power for one folder and what is below it: a process runs with the shim preloaded, is killed, and what was not synchronised
is gone."""

import atexit
import functools
import os
import random
import shutil
import subprocess
import tempfile
from pathlib import Path

SHIM = Path(__file__).with_name("power_loss_shim.c")
_BLOCK_BYTES = 4096


@functools.cache
def shim() -> Path | None:
    """The shim as a library, compiled once a test process; None where there is no C compiler."""
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is None:
        return None
    folder = Path(tempfile.mkdtemp(prefix="logmesh-shim-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    library = folder / "power_loss_shim.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, SHIM, "-ldl", "-lpthread"], check=True)
    return library


class Disk:
    """The folder `live` as a program sees it, and in `image` what would be left of it. See the shim for how."""

    def __init__(self, library: Path, live: Path) -> None:
        self._library = library
        self._live = live.resolve()
        self._image = self._live.with_name(live.name + ".image")
        self._live.mkdir(exist_ok=True)
        self._begin()

    def environment(self, *, lies: bool = False, fail_data: int = 0, fail_file: int = 0) -> dict[str, str]:
        """For the process: `lies` takes fdatasync out, `fail_data` and `fail_file` let the n-th call fail."""
        return {
            "LD_PRELOAD": str(self._library),
            "POWER_LOSS_FOLDER": str(self._live),
            "POWER_LOSS_IMAGE": str(self._image),
            "POWER_LOSS_LIE": "1" if lies else "0",
            "POWER_LOSS_FAIL_AT": str(fail_data),
            "POWER_LOSS_FAIL_META": str(fail_file),
        }

    def lose_power(self, torn: random.Random | None = None) -> None:
        """Leave in the folder what was durable; with `torn`, half of all other blocks as well. The process must be dead."""
        was = {path.stat().st_ino: path.read_bytes() for path in self._live.rglob("*") if path.is_file()}
        kept = self._live.with_name(self._live.name + ".kept")
        self._restore(self._live.stat().st_ino, kept, was, torn)
        shutil.rmtree(self._live)
        kept.rename(self._live)
        self._begin()

    def empty(self) -> None:
        """Begin anew, with nothing there."""
        shutil.rmtree(self._live)
        self._live.mkdir()
        self._begin()

    def _restore(self, folder: int, to: Path, was: dict[int, bytes], torn: random.Random | None) -> None:
        to.mkdir()
        names = self._image / f"names-{folder}"
        for line in names.read_text().splitlines() if names.exists() else ():
            inode, name = line.split(" ", 1)
            if name.endswith("/"):
                self._restore(int(inode), to / name, was, torn)
                continue
            contents = self._image / inode
            durable = contents.read_bytes() if contents.exists() else b""
            lost = was.get(int(inode), b"")
            to.joinpath(name).write_bytes(_torn(durable, lost, torn) if torn and lost else durable)

    def _begin(self) -> None:
        """All that is there now is durable."""
        shutil.rmtree(self._image, ignore_errors=True)
        self._image.mkdir()
        for folder in (self._live, *filter(Path.is_dir, self._live.rglob("*"))):
            names = []
            for path in folder.iterdir():
                inode = path.stat().st_ino
                names.append(f"{inode} {path.name}{'/' * path.is_dir()}\n")
                if path.is_file():
                    shutil.copyfile(path, self._image / str(inode))
                    os.link(path, self._image / f"held-{inode}")
            (self._image / f"names-{folder.stat().st_ino}").write_text("".join(names))


def _torn(durable: bytes, lost: bytes, choice: random.Random) -> bytes:
    """Some blocks reached the disk before the power went, in no order."""
    blocks = []
    for at in range(0, max(len(durable), len(lost)), _BLOCK_BYTES):
        old, new = durable[at : at + _BLOCK_BYTES], lost[at : at + _BLOCK_BYTES]
        blocks.append(new if old != new and len(new) >= len(old) and choice.random() < 0.5 else old)
    return b"".join(blocks)
