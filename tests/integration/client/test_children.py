"""What children of `multiprocessing` log, however they were started and however they end."""

import asyncio
from pathlib import Path

from tests.integration.client.programs import run
from tests.integration.processor.running import RunningProcessor

METHODS = ("fork", "spawn", "forkserver")
# A spawned child imports it, so it is a file, and makes its handler where children find it.
PROGRAM = """
import logging, multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
from logmesh import LogmeshHandler

target, method = sys.argv[1:]
logging.getLogger().setLevel(logging.INFO)
logging.getLogger().addHandler(LogmeshHandler(target, exit_timeout=60))  # of a busy machine

def one(name):
    logging.info("%s %s", method, name)

def long_lived(name):
    one(name)
    logging.getLogger().handlers[0].flush()
    one(name + " last")

if __name__ == "__main__":
    context = multiprocessing.get_context(method)
    children = [context.Process(target=one, args=(f"process {n}",)) for n in range(4)]
    children.append(context.Process(target=long_lived, args=("long",)))
    for child in children:
        child.start()
    with context.Pool(2) as pool:  # which terminates its workers
        pool.map(one, [f"pool {n}" for n in range(4)])
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        list(executor.map(one, [f"future {n}" for n in range(4)]))
    for child in children:
        child.join()
        assert child.exitcode == 0
"""


async def test_what_children_log_last_is_stored_whatever_started_them(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    ends = await asyncio.gather(*(run(str(program), processor.target, method, seconds=180) for method in METHODS))
    assert [(code, err) for code, _, err in ends] == [(0, "")] * 3
    names = [f"{kind} {n}" for kind in ("process", "pool", "future") for n in range(4)] + ["long", "long last"]
    expected = sorted(f"{method} {name}" for method in METHODS for name in names)
    assert sorted(await processor.bodies()) == expected


async def test_a_terminated_child_sends_what_it_has_and_ends_by_the_signal(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    code, _, err = await run(
        """
        import multiprocessing

        def work(ready):
            log.info("last words")
            ready.set()
            time.sleep(60)

        log.addHandler(LogmeshHandler(target))
        context = multiprocessing.get_context("fork")
        ready = context.Event()
        child = context.Process(target=work, args=(ready,))
        child.start()
        ready.wait()
        child.terminate()
        child.join()
        assert child.exitcode == -15
        """,
        processor.target,
    )
    assert (code, err) == (0, "")
    assert await processor.bodies() == ["last words"]
