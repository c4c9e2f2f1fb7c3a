"""What processes took: CPU time and the most memory, of a process, of those that it started, and of theirs."""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil


def tree(process: psutil.Process) -> Iterator[psutil.Process]:
    """A process and all below it."""
    yield process
    with contextlib.suppress(psutil.NoSuchProcess):
        yield from process.children(recursive=True)


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    """User and system time so far of these processes and all below them; those that have ended count once their parent has asked
    after them."""
    total = 0.0
    for one in {each for process in processes for each in tree(process)}:
        with contextlib.suppress(psutil.NoSuchProcess):
            total += sum(one.cpu_times()[:4])  # the last two are those of children that have ended
    return total


def peak_mib(processes: Iterable[psutil.Process]) -> float:
    """The sum of the most that each process had resident, with pages that several share counted in each."""
    total = 0
    for one in {each for process in processes for each in tree(process)}:
        with contextlib.suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            lines = Path(f"/proc/{one.pid}/status").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return total / 1024


def folder_bytes(folder: Path) -> int:
    """What a folder's files take on the disk."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            total += path.lstat().st_blocks * 512
    return total


def resident_mib(processes: Iterable[psutil.Process]) -> float:
    """What these processes and all below them have resident, with pages that several share counted once."""
    total = 0
    for one in {each for process in processes for each in tree(process)}:
        with contextlib.suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            lines = Path(f"/proc/{one.pid}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024
