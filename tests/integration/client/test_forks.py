"""Programs that fork from several threads, and whose signals' handlers log, wherever a signal finds them."""

from tests.integration.client.programs import run
from tests.integration.processor.running import RunningProcessor

SECONDS = 60
"""A program that hangs does so for ever."""


async def test_threads_may_fork_at_the_same_time_while_others_log(processor: RunningProcessor) -> None:
    code, _, err = await run(
        """
        import subprocess, threading

        log.addHandler(LogmeshHandler(target, exit_timeout=30))
        log.info("first")

        def fork(name):
            for n in range(8):
                subprocess.run(["true"], preexec_fn=os.setsid, check=True)
                if not (pid := os.fork()):
                    log.info("child %s %d", name, n)
                    logging.shutdown()
                    os._exit(0)
                log.info("parent %s %d", name, n)
                assert os.waitpid(pid, 0)[1] == 0

        threads = [threading.Thread(target=fork, args=(name,)) for name in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        log.info("last")
        """,
        processor.target,
        seconds=SECONDS,
    )
    assert (code, err) == (0, "")
    expected = [f"{who} {name} {n}" for who in ("parent", "child") for name in "ab" for n in range(8)]
    assert sorted(await processor.bodies()) == sorted(["first", "last", *expected])


async def test_a_handler_of_signals_logs_while_its_thread_forks(processor: RunningProcessor) -> None:
    code, _, err = await run(
        """
        import signal

        log.addHandler(LogmeshHandler(target, exit_timeout=30))
        log.info("first")
        signal.signal(signal.SIGUSR1, lambda *_: log.info("from the handler"))
        stop = log.handlers[0]._appender.before_fork

        def interrupted():
            signal.raise_signal(signal.SIGUSR1)
            stop()
            signal.raise_signal(signal.SIGUSR1)

        log.handlers[0]._appender.before_fork = interrupted
        for _ in range(3):
            if not (pid := os.fork()):
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0
        handler = log.handlers[0]
        deadline = time.monotonic() + 30
        while handler.state.pending:  # what the handler has logged is sent without another record
            assert time.monotonic() < deadline
            time.sleep(0.02)
        """,
        processor.target,
        seconds=SECONDS,
    )
    assert (code, err) == (0, "")
    assert await processor.bodies() == ["first"] + 6 * ["from the handler"]


async def test_a_handler_of_signals_logs_and_forks_within_the_first_log_call(processor: RunningProcessor) -> None:
    code, _, err = await run(
        """
        import signal, threading

        def interrupting(*_):
            log.info("from the handler")
            if not (pid := os.fork()):
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0

        log.addHandler(LogmeshHandler(target, exit_timeout=30))
        log.addHandler(LogmeshHandler(target, exit_timeout=30))
        signal.signal(signal.SIGUSR1, interrupting)
        start = threading.Thread.start

        def interrupted(thread):
            threading.Thread.start = start
            signal.raise_signal(signal.SIGUSR1)
            start(thread)

        threading.Thread.start = interrupted
        log.info("first")
        """,
        processor.target,
        seconds=SECONDS,
    )
    assert (code, err) == (0, "")
    assert sorted(await processor.bodies()) == 2 * ["first"] + 2 * ["from the handler"]
