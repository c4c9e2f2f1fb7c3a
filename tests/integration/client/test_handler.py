"""Python's logging into the database: programs of their own, as users write them, against a real processor."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from tests.integration.client.programs import run
from tests.integration.processor.running import RunningProcessor

from logmesh.cli.local.ports import free_port


async def rows(processor: RunningProcessor) -> dict[str, Any]:
    """What is stored, by body's first line."""
    found = await processor.query(
        "SELECT body, severity, severity_text, l.service, attributes, trace_id, span_id, scope_name, instance"
        " FROM logmesh.logs l JOIN logmesh.origins USING (origin)"
    )
    return {row["body"].split("\n")[0]: row for row in found}


async def test_records_arrive_with_fields_exceptions_and_the_span_they_were_logged_in(
    processor: RunningProcessor,
) -> None:
    code, out, err = await run(
        """
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider

        log.addHandler(LogmeshHandler(target, service="checkout", instance="pod-1"))
        with TracerProvider().get_tracer("t").start_as_current_span("order") as span:
            log.warning("placed %d", 42, extra={"order": 42, "items": ["a", "b"], "at": object})
            context = span.get_span_context()
            print(f"{context.trace_id:032x} {context.span_id:016x}")
        try:
            {}["missing"]
        except KeyError:
            log.exception("lost")
        log.debug("no span, no fields")
        log.log(25, "between INFO and WARNING")
        """,
        processor.target,
    )  # and no flush: logging's own shutdown does it
    assert (code, err) == (0, "")
    stored = await rows(processor)
    assert stored.keys() == {"placed 42", "lost", "no span, no fields", "between INFO and WARNING"}
    placed, lost = stored["placed 42"], stored["lost"]
    assert (placed["severity"], placed["severity_text"], placed["service"]) == (13, "WARNING", "checkout")
    assert (placed["scope_name"], placed["instance"]) == ("shop.orders", "pod-1")
    trace_id, span_id = out.split()
    assert placed["trace_id"].hex == trace_id
    assert placed["span_id"] == int.from_bytes(bytes.fromhex(span_id), "big", signed=True)
    fields = json.loads(placed["attributes"])
    assert (fields["order"], fields["items"], fields["at"]) == (42, ["a", "b"], "<class 'object'>")
    assert fields["code.line.number"] > 0
    assert fields["thread.name"] == "MainThread"
    raised = json.loads(lost["attributes"])
    assert (raised["exception.type"], raised["exception.message"]) == ("KeyError", "'missing'")
    assert raised["exception.stacktrace"].startswith("Traceback")
    assert "KeyError: 'missing'" in lost["body"]
    assert lost["trace_id"] is None
    assert stored["between INFO and WARNING"]["severity"] == 11


async def test_a_program_that_forks_has_each_side_s_records_stored_once(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    code, _, err = await run(
        """
        log.addHandler(LogmeshHandler(target))
        for number in range(1_000):
            log.info("before %d", number)
        children = []
        for child in range(3):
            pid = os.fork()
            if pid == 0:
                for number in range(100):
                    log.info("child %d %d", child, number)
                logging.shutdown()
                os._exit(0)
            children.append(pid)
            log.info("parent %d", child)
        assert all(os.waitpid(pid, 0)[1] == 0 for pid in children)
        """,
        processor.target,
    )
    assert (code, err) == (0, "")
    bodies = await processor.bodies()
    expected = [f"before {n}" for n in range(1_000)] + [f"parent {n}" for n in range(3)]
    expected += [f"child {child} {n}" for child in range(3) for n in range(100)]
    assert sorted(bodies) == sorted(expected)


async def test_a_fork_after_the_last_handler_was_closed_takes_nothing_of_it_along(processor: RunningProcessor) -> None:
    code, _, err = await run(
        """
        import threading
        from logmesh.client.delivering import io_thread

        io_thread._LINGER_SECONDS = 0.01
        for side in ("first", "second", "third"):
            handler = LogmeshHandler(target)
            log.addHandler(handler)
            log.info("parent %s", side)
            log.removeHandler(handler)
            handler.close()
            while side == "second" and threading.active_count() > 1:  # the thread has ended by itself
                time.sleep(0.01)
            if not (pid := os.fork()):
                log.addHandler(LogmeshHandler(target))
                log.info("child %s", side)
                logging.shutdown()
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0
        """,
        processor.target,
    )
    assert (code, err) == (0, "")
    assert sorted(await processor.bodies()) == sorted(
        f"{who} {side}" for who in ("parent", "child") for side in ("first", "second", "third")
    )


@pytest.mark.parametrize("attempt", range(4))  # the fork meets the thread at its start, each time elsewhere
async def test_a_forked_child_leaves_the_spool_to_its_parent(
    processor: RunningProcessor, tmp_path: Path, attempt: int
) -> None:
    code, _, err = await run(
        """
        log.addHandler(LogmeshHandler(target, spool=sys.argv[2]))
        log.info("before")
        if pid := os.fork():
            log.info("parent")
            assert os.waitpid(pid, 0)[1] == 0
        else:
            log.info("child")
        """,
        processor.target, str(tmp_path / "spool"),
    )  # fmt: skip
    assert code == 0
    assert "belongs to process" in err
    assert sorted(await processor.bodies()) == ["before", "child", "parent"]


async def test_a_child_that_lives_on_does_not_keep_its_parent_s_spool(
    processor: RunningProcessor, tmp_path: Path
) -> None:
    code, _, err = await run(
        """
        from pathlib import Path
        from logmesh import Appender

        def appender():
            return Appender(target, spool=Path(sys.argv[2]))

        first = appender()
        first.append("first")
        reader, writer = os.pipe()
        if pid := os.fork():
            first.close()
            with appender() as second:
                second.append("second")
            os.write(writer, b"x")
            assert os.waitpid(pid, 0)[1] == 0
        else:
            os.read(reader, 1)
            os._exit(0)
        """,
        processor.target, str(tmp_path / "spool"),
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert sorted(await processor.bodies()) == ["first", "second"]


async def test_without_a_processor_it_drops_counts_and_ends_in_time() -> None:
    began = time.monotonic()
    code, out, err = await run(
        """
        handler = LogmeshHandler(target, max_bytes=1 << 20, exit_timeout=0.5)
        log.addHandler(handler)
        slowest = 0.0
        for number in range(20_000):
            began = time.monotonic()
            log.info("x" * 500)
            slowest = max(slowest, time.monotonic() - began)
        print(handler.dropped, slowest)
        """,
        f"127.0.0.1:{free_port()}",
    )
    assert code == 0
    dropped, slowest = out.split()
    assert int(dropped) > 10_000
    assert float(slowest) < 2  # it never waits; a busy machine may
    lines = err.splitlines()
    assert "records were dropped" in lines[0]
    assert sum("records were dropped" in line for line in lines) == 2  # once for the first minute, and the rest at exit
    assert any("not committed after 0.5 s" in line for line in lines)
    assert time.monotonic() - began < 30


async def test_its_own_records_and_broken_ones_do_no_harm(processor: RunningProcessor) -> None:
    code, _, err = await run(
        """
        root = logging.getLogger()
        root.setLevel(logging.DEBUG)
        root.addHandler(LogmeshHandler(target))

        class Rude:
            def __str__(self):
                raise RuntimeError("no")

        logging.getLogger("grpc._channel").warning("about sending")
        logging.getLogger("logmesh.client").warning("about sending")
        log.info("rude", extra={"rude": Rude(), "nan": float("nan"), "nul": "a\\0b", "surrogate": "\\ud800"})
        log.info("nul \\0 and \\ud800")
        log.info("huge", extra={"huge": "x" * 100_000, "order": 42})
        log.info("y" * 300_000)
        logging.raiseExceptions = False
        log.info("%d", "not a number")
        log.info("last")
        """,
        processor.target,
    )
    assert (code, err) == (0, "")
    stored = await rows(processor)
    names = {name[:4] for name in stored}
    assert names == {"rude", "nul ", "huge", "yyyy", "last"}
    fields = json.loads(stored["rude"]["attributes"])
    assert (fields["nan"], fields["nul"], fields["surrogate"]) == ("NaN", "a\\x00b", "?")
    assert "can't be shown" in fields["rude"]
    huge = json.loads(stored["huge"]["attributes"])
    assert huge["huge"].startswith("xxx") and huge["order"] == 42
    assert huge["logmesh.attributes_cut"] == {"huge": 100_011}
    (cut,) = [row for name, row in stored.items() if name.startswith("yyyy")]
    assert len(cut["body"]) == 256 * 1024
    assert json.loads(cut["attributes"])["logmesh.body_cut_from_bytes"] == 300_000
    assert await processor.dead_letters() == []


async def test_dict_config_makes_one(processor: RunningProcessor) -> None:
    code, _, err = await run(
        """
        import logging.config

        logging.config.dictConfig({
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"short": {"format": "%(name)s: %(message)s"}},
            "handlers": {"mesh": {"class": "logmesh.LogmeshHandler", "target": target, "formatter": "short", "level": "WARNING"}},
            "root": {"handlers": ["mesh"], "level": "DEBUG"},
        })
        log.info("not this one")
        log.warning("this one")
        """,
        processor.target,
    )
    assert (code, err) == (0, "")
    assert await processor.bodies() == ["shop.orders: this one"]
