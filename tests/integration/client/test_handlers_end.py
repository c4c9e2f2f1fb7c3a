"""Handlers that are removed, collected or closed one by one, while the program and other handlers go on."""

import textwrap
import time
from pathlib import Path

import pytest
from tests.integration.client.programs import run
from tests.integration.processor.running import RunningProcessor

from logmesh.cli.local.ports import free_port


async def test_a_handler_that_was_only_removed_still_sends_what_it_has(processor: RunningProcessor) -> None:
    code, _, err = await run(
        """
        import gc, threading

        handler = LogmeshHandler(target)
        log.addHandler(handler)
        log.info("before it is removed")
        log.removeHandler(handler)
        del handler
        gc.collect()
        deadline = time.monotonic() + 20
        while len(threading.enumerate()) > 1:  # it closes itself when everything is committed
            assert time.monotonic() < deadline
            time.sleep(0.02)
        log.addHandler(LogmeshHandler(target))
        log.info("before it is removed at the end")
        log.removeHandler(log.handlers[0])
        """,
        processor.target,
    )
    assert (code, err) == (0, "")
    assert await processor.bodies() == ["before it is removed", "before it is removed at the end"]


@pytest.mark.parametrize("spool", ["", "spool"], ids=["memory", "spool"])
async def test_what_was_logged_last_is_sent_where_no_thread_starts_any_more(
    processor: RunningProcessor, tmp_path: Path, spool: str
) -> None:
    code, _, err = await run(
        """
        import threading

        log.addHandler(LogmeshHandler(target, spool=sys.argv[2] or None))
        log.info("the last line")

        def refuse(thread):  # as Python does from 3.12 on while it ends
            raise RuntimeError("can't create new thread at interpreter shutdown")

        threading.Thread.start = refuse
        """,
        processor.target, spool and str(tmp_path / spool),
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert await processor.bodies() == ["the last line"]


async def test_handlers_that_reach_nobody_delay_the_end_together_not_one_after_the_other() -> None:
    began = time.monotonic()
    code, _, err = await run(
        """
        for _ in range(8):
            log.addHandler(LogmeshHandler(target, exit_timeout=2))
        log.info("nobody hears it")
        log.removeHandler(log.handlers[0])
        """,
        f"127.0.0.1:{free_port()}",
    )
    assert code == 0
    assert time.monotonic() - began < 10
    assert sum("not committed after 2 s" in line for line in err.splitlines()) == 7
    assert "1 records of a handler that was removed are not committed" in err


async def test_handlers_that_close_do_no_harm_to_those_that_go_on(processor: RunningProcessor) -> None:
    code, _, err = await run(
        """
        logging.getLogger("asyncio").addHandler(logging.StreamHandler())  # it would say what gRPC threw

        def busy(rounds):
            for number in range(rounds):
                log.info("%d", number)
                if number % 20 == 0:
                    time.sleep(0.002)

        for number in range(8):
            log.addHandler(LogmeshHandler(target, service=f"handler-{number}"))
        busy(1_000)
        for handler in log.handlers[1:]:
            log.removeHandler(handler)
            handler.close()
            busy(50)
        busy(1_000)
        """,
        processor.target,
    )
    assert (code, err) == (0, "")
    counts = await processor.query("SELECT service, count(*) AS n FROM logmesh.logs GROUP BY service")
    expected = {f"handler-{number}": 1_000 + 50 * (number - 1) for number in range(1, 8)}
    assert {row["service"]: row["n"] for row in counts} == expected | {"handler-0": 2_350}


async def test_loops_that_the_program_closes_do_not_throw_in_the_handler_s(processor: RunningProcessor) -> None:
    code, _, err = await run(
        """
        import asyncio, threading, uuid
        import grpc
        from logmesh.v1 import ingest_service_pb2 as pb

        thrown = logging.StreamHandler()
        thrown.addFilter(lambda record: record.threadName == "logmesh-appender")
        logging.getLogger("asyncio").addHandler(thrown)
        log.addHandler(LogmeshHandler(target))

        async def leave_a_call():
            async with grpc.aio.insecure_channel(target) as channel:
                call = channel.stream_stream("/logmesh.v1.IngestService/Append", None, pb.AppendResponse.FromString)()
                hello = pb.Hello(spool_id=str(uuid.uuid4()), session_epoch=1)
                await call.write(pb.AppendRequest(hello=hello).SerializeToString())
                await call.read()
                call.cancel()

        def busy():
            while not left.is_set():
                log.info("busy")
                time.sleep(0.0005)

        left = threading.Event()
        thread = threading.Thread(target=busy)
        thread.start()
        for _ in range(80):
            asyncio.run(leave_a_call())
        left.set()
        thread.join()
        """,
        processor.target,
    )
    assert (code, err) == (0, "")


async def test_a_disk_that_stands_still_stops_one_handler_and_not_another(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent(
            """
            import logging, os, sys, threading, time

            still, waits, write = threading.Event(), threading.Event(), os.fdatasync

            def fdatasync(descriptor):
                while still.is_set():
                    waits.set()
                    time.sleep(0.02)
                write(descriptor)

            os.fdatasync = fdatasync  # before the journal takes it
            from logmesh import LogmeshHandler

            target, spool = sys.argv[1:]
            disk, memory = logging.getLogger("disk"), logging.getLogger("memory")
            for log, handler in ((disk, LogmeshHandler(target, spool=spool)), (memory, LogmeshHandler(target))):
                log.setLevel(logging.INFO)
                log.addHandler(handler)
                log.info("first of %s", log.name)
                handler.flush()
            still.set()
            disk.info("waits for the disk")
            waits.wait()
            memory.info("waits for nothing")
            memory.handlers[0].flush()
            assert memory.handlers[0].state.pending == 0
            assert disk.handlers[0].state.pending == 1
            still.clear()
            """
        )
    )
    code, _, err = await run(str(program), processor.target, str(tmp_path / "spool"))
    assert (code, err) == (0, "")
    expected = ["first of disk", "first of memory", "waits for nothing", "waits for the disk"]
    assert sorted(await processor.bodies()) == expected
